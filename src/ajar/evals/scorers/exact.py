"""The scorer `exact`: the answer is this text."""

from typing import Annotated

from msgspec import Meta

from ajar.config.problem import quoted, shortened
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.wanted import Texts, fault_of_texts, normal, texts


class Exact(Scorer, frozen=True, kw_only=True):
    """The answer's text is the target, or one of the targets."""

    name = "exact"

    value: Annotated[Texts | None, Meta(description="The text, or a list of which any will do; the case's target.")] = (
        None
    )
    ignore_case: Annotated[bool, Meta(description="Whether capital and small letters are the same.")] = False
    strip: Annotated[bool, Meta(description="Whether white space around both texts is left out.")] = True
    negate: Annotated[bool, Meta(description="Whether the answer must be none of these.")] = False

    def fault(self, case: Case) -> str | None:
        """Whether there is a text to compare with."""
        return fault_of_texts(self.value, case)

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the answer is one of the wanted texts, or none with `negate`."""
        wanted = texts(self.value, case)
        if not wanted:
            return Score(None, self.fault(case) or "")
        given = self._compared(answer.text)
        found = any(self._compared(text) == given for text in wanted)
        if found != self.negate:
            return Score(1.0)
        if self.negate:
            return Score(0.0, f"is {quoted(shortened(given))}")
        return Score(0.0, f"wanted {' or '.join(quoted(shortened(text)) for text in wanted[:3])}")

    def _compared(self, text: str) -> str:
        return normal(text.strip() if self.strip else text, ignore_case=self.ignore_case)
