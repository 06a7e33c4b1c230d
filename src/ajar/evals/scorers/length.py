"""The scorer `length`: the answer is neither too short nor too long."""

from typing import Annotated, Literal

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer

_Count = Annotated[int, Meta(ge=0)]


class Length(Scorer, frozen=True, kw_only=True):
    """The answer's text has at least `min` and at most `max` characters, words, or tokens.

    Tokens are those that the endpoint reported for its output, with thoughts; where it reported none, that cannot be
    judged.
    """

    name = "length"

    min: Annotated[_Count | None, Meta(description="The least; no bound.")] = None
    max: Annotated[_Count | None, Meta(description="The most; no bound.")] = None
    unit: Annotated[Literal["characters", "words", "tokens"], Meta(description="What is counted.")] = "characters"

    def __post_init__(self) -> None:
        if self.min is None and self.max is None:
            raise ValueError("there is no bound; add `min` or `max`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` ({self.min}) is above `max` ({self.max})")

    def score(self, answer: Answer, case: Case) -> Score:  # noqa: ARG002 - the answer says all
        """1 where the count is within the bounds."""
        count = self._count(answer)
        if count is None:
            return Score(None, "the endpoint did not report output tokens")
        if self.min is not None and count < self.min:
            return Score(0.0, f"has {count} {self.unit}, fewer than {self.min}")
        if self.max is not None and count > self.max:
            return Score(0.0, f"has {count} {self.unit}, more than {self.max}")
        return Score(1.0)

    def _count(self, answer: Answer) -> int | None:
        match self.unit:
            case "characters":
                return len(answer.text)
            case "words":
                return len(answer.text.split())
            case "tokens":
                return answer.usage.output_tokens
