"""The scorer `numeric`: the answer says this number."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.amount import Point, number_of, numbers
from ajar.evals.scorers.compare import near


class Numeric(Scorer, frozen=True, kw_only=True):
    """The last (or first) number in the answer's text is the wanted one, or near enough."""

    name = "numeric"

    value: Annotated[float | None, Meta(description="The wanted number; the case's target.")] = None
    tolerance: Annotated[float, Meta(ge=0, description="How far the number may be off.")] = 0.0
    relative: Annotated[float, Meta(ge=0, description="The same as a share of the wanted number; the wider holds.")] = (
        0.0
    )
    where: Annotated[Literal["first", "last"], Meta(description="Which of the numbers in the text is meant.")] = "last"
    decimal: Annotated[Point, Meta(description="What stands before the decimals, in answers and in targets.")] = "."

    def fault(self, case: Case) -> str | None:
        """Whether there is a number to compare with."""
        if self._wanted(case) is not None:
            return None
        if case.target is None:
            return "there is no number to compare with; give the case a `target`, or the check a `value`"
        return "the `target` must be a number here; give the check a `value`, or use another scorer"

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where the number in the text is near enough."""
        wanted = self._wanted(case)
        if wanted is None:
            return Score(None, self.fault(case) or "")
        given = next(numbers(answer.text, self.decimal, last=self.where == "last"), None)
        if given is None:
            return Score(0.0, "the text holds no number")
        if near(given, wanted, self.tolerance, self.relative):
            return Score(1.0)
        return Score(0.0, f"is {given:.15g}, not {wanted:.15g}")

    def _wanted(self, case: Case) -> Decimal | None:
        value: Any = case.target if self.value is None else self.value
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            number = Decimal(repr(value))
            return number if number.is_finite() else None
        return number_of(value, self.decimal) if isinstance(value, str) else None
