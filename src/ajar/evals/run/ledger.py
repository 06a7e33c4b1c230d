"""Which samples of a run there are already: one byte for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.sample import Arm

if TYPE_CHECKING:
    from ajar.evals.sample import Sample

ARMS: tuple[Arm, Arm] = ("candidate", "baseline")

_TO_DO = 0
_DONE = 1
_UNSCORED = 2
_FIRST_CODE = 3
_LAST_CODE = 255
"""Codes beyond the 252nd are counted as the last one."""


class _Answered(msgspec.Struct):
    cost_usd: float | None = None


class _Failed(msgspec.Struct):
    code: str


class _Judged(msgspec.Struct):
    calls: int
    cost_usd: float = 0.0
    cost_unknown: int = 0


class _Scored(msgspec.Struct):
    value: float | None = None


class Entry(msgspec.Struct):
    """What the ledger needs of a sample's line."""

    case: int
    arm: Arm
    repeat: int
    answer: _Answered | None = None
    error: _Failed | None = None
    scores: dict[str, _Scored] = {}
    attempts: int = 1
    judged: _Judged | None = None


class Ledger:
    """The newest state of each sample, by case, repeat and arm."""

    def __init__(self, cases: int, repeats: int) -> None:
        self._cases = cases
        self._repeats = repeats
        self._states = bytearray(2 * cases * repeats)
        self._codes: list[str] = []
        self.again: dict[int, int] = {}
        """How many lines there are of a sample that has more than one; few have."""
        self.cached = 0
        """How many answers came from a cache: nobody was asked for them."""
        self.cost_usd = 0.0
        """Of all answers whose cost is known."""
        self.cost_unknown = 0
        self.judge_calls = 0
        """How many answers judges gave."""
        self.judge_cost_usd = 0.0
        """Of those whose cost is known."""
        self.judge_cost_unknown = 0

    def at(self, case: int, arm: Arm, repeat: int) -> int:
        """The sample's number. Raises IndexError where the run has none of this kind."""
        if not (0 <= case < self._cases and 0 <= repeat < self._repeats):
            raise IndexError(case)
        return 2 * (repeat * self._cases + case) + (arm == "baseline")

    def done(self, case: int, arm: Arm, repeat: int) -> bool:
        """Whether there is an answer, or an error in its place."""
        return self._states[2 * (repeat * self._cases + case) + (arm == "baseline")] != _TO_DO

    def add(self, sample: Sample | Entry) -> None:
        """One more line. Raises IndexError where it belongs to another run."""
        at = self.at(sample.case, sample.arm, sample.repeat)
        if self._states[at] != _TO_DO or at in self.again:
            self.again[at] = self.again.get(at, 1) + 1
        if sample.answer is not None:
            self.cached += sample.attempts == 0
            if sample.answer.cost_usd is None:
                self.cost_unknown += 1
            else:
                self.cost_usd += sample.answer.cost_usd
        if sample.judged is not None:
            self.judge_calls += sample.judged.calls
            self.judge_cost_usd += sample.judged.cost_usd
            self.judge_cost_unknown += sample.judged.cost_unknown
        if sample.error is not None:
            self._states[at] = self._number(sample.error.code)
        elif any(score.value is None for score in sample.scores.values()):
            self._states[at] = _UNSCORED
        else:
            self._states[at] = _DONE

    def answered(self, arm: Arm) -> int | None:
        """A case that this arm has answered; None where there is none."""
        states = self._states[arm == "baseline" :: 2]
        at = next((at for state in (_DONE, _UNSCORED) if (at := states.find(state)) >= 0), None)
        return None if at is None else at % self._cases

    def forget_errors(self) -> None:
        """What ended in an error, or could not be scored, is to be done again."""
        for at, state in enumerate(self._states):
            if state > _DONE:
                self._states[at] = _TO_DO
                self.again.setdefault(at, 1)

    def count(self) -> int:
        """How many samples are done."""
        return len(self._states) - self._states.count(_TO_DO)

    def count_errors(self) -> int:
        """How many of them ended in an error, or could not be scored."""
        return self.count() - self._states.count(_DONE)

    def errors(self) -> dict[Arm, dict[str, int]]:
        """How many samples of each arm ended in an error, by its code; `unscored` has an answer all the same."""
        found: dict[Arm, dict[str, int]] = {}
        for offset, arm in enumerate(ARMS):
            states = self._states[offset::2]
            counted = {state: states.count(state) for state in range(_UNSCORED, _FIRST_CODE + len(self._codes))}
            found[arm] = {self._name(state): number for state, number in counted.items() if number}
        return found

    def _number(self, code: str) -> int:
        if code not in self._codes and len(self._codes) <= _LAST_CODE - _FIRST_CODE:
            self._codes.append(code)
        return _FIRST_CODE + self._codes.index(code) if code in self._codes else _LAST_CODE

    def _name(self, state: int) -> str:
        return "unscored" if state == _UNSCORED else self._codes[state - _FIRST_CODE]
