"""The scorer `finish-reason`: the answer ended as it should."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ajar.config.problem import quoted, shortened
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer


class FinishReason(Scorer, frozen=True, kw_only=True):
    """The answer's `finish_reason`, in the words of Chat Completions, is the wanted one, or one of them.

    Where the endpoint gave none, that cannot be judged.
    """

    name = "finish-reason"

    wanted: Annotated[
        str | Annotated[list[str], Meta(min_length=1)],
        Meta(description="The reason, or a list: `stop`, `length`, `tool_calls`, `content_filter`."),
    ] = msgspec.field(name="is", default="stop")

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the reason is a wanted one."""
        given = answer.finish_reason
        if given is None:
            return Score(None, "the endpoint gave no finish reason")
        if given in ([self.wanted] if isinstance(self.wanted, str) else self.wanted):
            return Score(1.0)
        return Score(0.0, f"ended with {quoted(shortened(given))}")
