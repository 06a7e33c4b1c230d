"""An answer's scores, by check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.errors import AjarError
from ajar.evals.run.miss import shortened
from ajar.evals.score import Score
from ajar.evals.scorer import Judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.evals.answer import Answer
    from ajar.evals.case import Case
    from ajar.evals.scorer import Infer, Scorer


async def score(scorers: Mapping[str, Scorer], answer: Answer, case: Case, infer: Infer) -> dict[str, Score]:
    """What each scorer says. One that fails, or says what no score can be, costs its own check only."""
    return {name: await _one(scorer, answer, case, infer) for name, scorer in scorers.items()}


async def _one(scorer: Scorer, answer: Answer, case: Case, infer: Infer) -> Score:
    try:
        said = await scorer.judge(answer, case, infer) if isinstance(scorer, Judge) else scorer.score(answer, case)
        return _sound(said)
    except AjarError as error:
        return Score(None, shortened(error.message))
    except Exception as error:  # a scorer may be anybody's code
        return Score(None, shortened(f"the scorer failed: {type(error).__name__}: {error}"))


def _sound(said: Any) -> Score:
    """The score, if it can be kept: a journal must be readable, whatever a scorer of one's own makes."""
    if type(said) is not Score:
        return Score(None, f"the scorer gave {type(said).__name__} in place of a score")
    fields = None if said.fields is None else {str(name): float(value) for name, value in said.fields.items()}
    value = None if said.value is None else float(said.value)
    for number in (value, *(fields or {}).values()):
        if number is not None and not 0 <= number <= 1:  # `nan` is caught by this, too
            return Score(None, f"the scorer gave {number}, which is not from 0 to 1")
    return Score(value, str(said.why), fields)
