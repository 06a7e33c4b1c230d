"""How two JSON values are compared."""

from decimal import Context, Decimal
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta
from rapidfuzz.distance import Levenshtein

from ajar.evals.scorers.wanted import normal

_EXACT = Context(prec=60)
"""Enough digits for a tolerance to mean in decimals what it says: 3.15 is within 0.01 of 3.14."""


class Compare(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one value may differ and still be right."""

    ignore_case: Annotated[bool, Meta(description="Whether capital and small letters are the same.")] = False
    tolerance: Annotated[float, Meta(ge=0, description="How far a number may be off.")] = 0.0
    relative: Annotated[float, Meta(ge=0, description="The same as a share of the wanted number.")] = 0.0
    unordered: Annotated[bool, Meta(description="Whether lists are the same in any order.")] = False
    similarity: Annotated[bool, Meta(description="Whether a text counts by how similar it is, from 0 to 1.")] = False

    def value(self, given: object, wanted: object) -> float:
        """From 0 to 1: how right `given` is."""
        if self.similarity and isinstance(given, str) and isinstance(wanted, str):
            return similarity(given, wanted, ignore_case=self.ignore_case)
        return float(self.same(given, wanted))

    def same(self, given: object, wanted: object) -> bool:
        """Whether both are the same JSON value. 1 and 1.0 are, 1 and true are not."""
        if isinstance(wanted, bool) or isinstance(given, bool) or wanted is None:
            return given is wanted
        if isinstance(wanted, int | float):
            return isinstance(given, int | float) and near(given, wanted, self.tolerance, self.relative)
        if isinstance(wanted, str):
            return isinstance(given, str) and (given == wanted or self._spelt_same(given, wanted))
        if isinstance(wanted, dict):
            return isinstance(given, dict) and self._same_members(
                cast("dict[str, object]", given), cast("dict[str, object]", wanted)
            )
        return (
            isinstance(given, list)
            and isinstance(wanted, list)
            and self._same_items(cast("list[object]", given), cast("list[object]", wanted))
        )

    def _spelt_same(self, given: str, wanted: str) -> bool:
        return normal(given, ignore_case=self.ignore_case) == normal(wanted, ignore_case=self.ignore_case)

    def _same_members(self, given: dict[str, object], wanted: dict[str, object]) -> bool:
        return given.keys() == wanted.keys() and all(self.same(given[key], item) for key, item in wanted.items())

    def _same_items(self, given: list[object], wanted: list[object]) -> bool:
        if len(given) != len(wanted):
            return False
        if not self.unordered:
            return all(map(self.same, given, wanted))
        left = list(given)
        for item in wanted:
            index = next((index for index, other in enumerate(left) if self.same(other, item)), None)
            if index is None:
                return False
            del left[index]
        return True


def near(given: float | Decimal, wanted: float | Decimal, tolerance: float, relative: float) -> bool:
    """Whether a number is within the larger of both bounds of the wanted one. Reckons in decimals, as people write."""
    if given == wanted:
        return True
    if not (tolerance or relative):
        return False
    asked, offered = _decimal(wanted), _decimal(given)
    if not (asked.is_finite() and offered.is_finite()):  # JSON may say 1e999
        return False
    off = abs(_EXACT.subtract(offered, asked))
    return off <= _decimal(tolerance) or off <= _EXACT.multiply(_decimal(relative), abs(asked))


def similarity(given: str, wanted: str, *, ignore_case: bool = False) -> float:
    """1 minus the edits (Levenshtein) that make one of the other, as a share of the longer one's characters."""
    return Levenshtein.normalized_similarity(
        normal(given, ignore_case=ignore_case), normal(wanted, ignore_case=ignore_case)
    )


def _decimal(number: Any) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))
