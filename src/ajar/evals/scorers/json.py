"""The scorer `json`: the answer is JSON."""

from typing import Annotated

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.document import NotJson, parse


class Json(Scorer, frozen=True, kw_only=True):
    """The answer's text is one JSON value by RFC 8259, and nothing else."""

    name = "json"

    object: Annotated[bool, Meta(description="Whether it must be an object.")] = False
    fence: Annotated[bool, Meta(description="Whether it may stand in a Markdown fence.")] = False

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the text is JSON of the wanted kind."""
        try:
            value = parse(answer.text, fence=self.fence)
        except NotJson as error:
            return Score(0.0, f"not JSON: {error}")
        if self.object and not isinstance(value, dict):
            return Score(0.0, "JSON, but no object")
        return Score(1.0)
