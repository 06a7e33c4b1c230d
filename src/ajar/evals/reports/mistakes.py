"""The errors of both models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ajar.evals.result import ArmResult
    from ajar.evals.sample import Arm


class Mistake(msgspec.Struct, frozen=True):
    """How often one error happened to each model, in the order of the arms."""

    code: str
    counts: list[int]


def mistakes(arms: dict[Arm, ArmResult]) -> list[Mistake]:
    """Every kind of error, the most frequent first."""
    codes = {code for arm in arms.values() for code in arm.errors}
    listed = [Mistake(code, [arm.errors.get(code, 0) for arm in arms.values()]) for code in codes]
    return sorted(listed, key=lambda mistake: (-sum(mistake.counts), mistake.code))
