"""The scorer `contains`: the answer holds this text."""

from typing import Annotated

from msgspec import Meta

from ajar.config.problem import quoted, shortened
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.wanted import fault_of_texts, normal, texts

_Some = Annotated[list[str], Meta(min_length=1)]


class Contains(Scorer, frozen=True, kw_only=True):
    """The answer's text holds the target, or one of the targets. At most one of `value`, `any` and `all` is given."""

    name = "contains"

    value: Annotated[str | None, Meta(description="The text; the case's target.")] = None
    any: Annotated[_Some | None, Meta(description="Texts of which one must be there.")] = None
    all: Annotated[_Some | None, Meta(description="Texts that must all be there.")] = None
    ignore_case: Annotated[bool, Meta(description="Whether capital and small letters are the same.")] = False
    negate: Annotated[bool, Meta(description="Whether the answer must hold none of them (with `all`: not all).")] = (
        False
    )

    def __post_init__(self) -> None:
        given = [option for option in (self.value, self.any, self.all) if option is not None]
        if len(given) > 1:
            raise ValueError("`value`, `any` and `all` exclude each other; keep one of them")
        if "" in (self.value, *(self.any or ()), *(self.all or ())):
            raise ValueError("every answer holds empty text; write what the answer must hold")

    def fault(self, case: Case) -> str | None:
        """Whether there is a text to look for that not every answer holds."""
        if self.any or self.all:
            return None
        if fault := fault_of_texts(self.value, case):
            return fault
        return None if all(texts(self.value, case)) else "the `target` is empty text, which every answer holds"

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the texts are there, or are not with `negate`."""
        wanted = self.any or self.all or texts(self.value, case)
        if not wanted:
            return Score(None, self.fault(case) or "")
        given = normal(answer.text, ignore_case=self.ignore_case)
        absent = [text for text in wanted if normal(text, ignore_case=self.ignore_case) not in given]
        holds = not absent if self.all else len(absent) < len(wanted)
        if holds != self.negate:
            return Score(1.0)
        told = [text for text in wanted if text not in absent] if self.negate else absent
        listed = ", ".join(quoted(shortened(text)) for text in told[:3])
        return Score(0.0, f"holds {listed}" if self.negate else f"lacks {listed}")
