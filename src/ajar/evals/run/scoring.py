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


def score_now(scorer: Scorer, answer: Answer, case: Case) -> Score:
    """What a scorer that asks nobody says."""
    try:
        return _sound(scorer.score(answer, case))
    except Exception as error:
        return _failed(error)


async def ask_judge(judge: Judge, answer: Answer, case: Case, infer: Infer) -> Score:
    """What a judge says."""
    try:
        return _sound(await judge.judge(answer, case, infer))
    except Exception as error:
        return _failed(error)


async def _one(scorer: Scorer, answer: Answer, case: Case, infer: Infer) -> Score:
    if isinstance(scorer, Judge):
        return await ask_judge(scorer, answer, case, infer)
    return score_now(scorer, answer, case)


def _failed(error: Exception) -> Score:
    """A scorer may be anybody's code."""
    if isinstance(error, AjarError):
        return Score(None, shortened(error.message))
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
