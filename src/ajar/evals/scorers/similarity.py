"""The scorer `similarity`: how near the answer's spelling is."""

from typing import Annotated

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer, Threshold
from ajar.evals.scorers.compare import similarity
from ajar.evals.scorers.wanted import Texts, fault_of_texts, texts


class Similarity(Scorer, frozen=True, kw_only=True):
    """1 minus the edits (Levenshtein) from the answer to the target, as a share of the longer one's characters.

    With several targets the best one counts.
    """

    name = "similarity"
    binary = False

    threshold: Threshold = 0.8
    value: Annotated[Texts | None, Meta(description="The text, or a list of texts; the case's target.")] = None
    ignore_case: Annotated[bool, Meta(description="Whether capital and small letters are the same.")] = False
    strip: Annotated[bool, Meta(description="Whether white space around both texts is left out.")] = True

    def fault(self, case: Case) -> str | None:
        """Whether there is a text to compare with."""
        return fault_of_texts(self.value, case)

    def score(self, answer: Answer, case: Case) -> Score:
        """How similar the answer is to the most similar target."""
        wanted = texts(self.value, case)
        if not wanted:
            return Score(None, self.fault(case) or "")
        given = answer.text.strip() if self.strip else answer.text
        values = (
            similarity(given, text.strip() if self.strip else text, ignore_case=self.ignore_case) for text in wanted
        )
        return Score(max(values))
