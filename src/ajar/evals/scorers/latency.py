"""The scorer `latency`: the answer came in time."""

from typing import Annotated

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer


class Latency(Scorer, frozen=True, kw_only=True):
    """The answer took at most so many milliseconds, from sending the request to its last byte."""

    name = "latency"

    max_ms: Annotated[float, Meta(gt=0, description="The most milliseconds that an answer may take.")]

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the answer took at most `max_ms`."""
        if answer.latency_ms <= self.max_ms:
            return Score(1.0)
        return Score(0.0, f"took {answer.latency_ms:.0f} ms, more than {self.max_ms:g}")
