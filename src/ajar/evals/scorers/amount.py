"""The numbers that a text holds."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Point = Literal[".", ","]
"""What stands before the decimals; the other of the two may stand between groups of three digits."""

_THIN_SPACE = re.compile(r"(?<=[0-9])[\u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
_BETWEEN = re.compile(r"(?<![0-9])[,:/]|[,:/](?![0-9])|\.{2,}|[\s()\[\]{}<>\"“”„«»|=~≈*`\\&;!?…#—]")
"""What separates words that may be numbers: a comma, a colon or a slash only where not between digits."""
_CURRENCY = r"(?:[A-Z]{0,3}[$€£¥₹]|USD|EUR|GBP|CHF)?"


def numbers(text: str, point: Point = ".", *, last: bool = False) -> Iterator[Decimal]:
    """Every number that stands by itself, in order, or from the end.

    A sign, a currency, a percent sign and a unit may be at it: `-$1,234.50`, `12 %`, `1e3`, `5kg`. Digits within
    something larger are none: dates, times, versions, ranges, fractions and names like `A-17`.
    """
    words = _BETWEEN.sub(" ", _THIN_SPACE.sub("'", text)).split()
    number = _number(point)
    for word in reversed(words) if last else words:
        if found := number.fullmatch(word.strip("_'’").rstrip(".-–")):
            yield _read(found)


def number_of(text: str, point: Point = ".") -> Decimal | None:
    """The number that the whole text is; None where it is something else."""
    found = _number(point).fullmatch(_THIN_SPACE.sub("'", text.strip()))
    return _read(found) if found else None


@cache
def _number(point: Point) -> re.Pattern[str]:
    group = "," if point == "." else r"\."
    return re.compile(
        rf"(?P<sign>[-+−–]?){_CURRENCY}(?P<inner>[-−]?)"
        rf"(?P<whole>[0-9]{{1,3}}(?:[{group}'’][0-9]{{3}})+|[0-9]*)(?:{re.escape(point)}(?P<part>[0-9]+))?(?<=[0-9])"
        r"(?:[eE](?P<power>[-+]?[0-9]{1,3}))?[%‰°]?(?:[$€£¥₹]|[^\W\d_]{0,15}[²³]?)"
    )


def _read(found: re.Match[str]) -> Decimal:
    negative = (found["sign"] in ("-", "−", "–")) != bool(found["inner"])
    whole = re.sub(r"[^0-9]", "", found["whole"]) or "0"
    part = f".{found['part']}" if found["part"] else ""
    return Decimal(f"{'-' if negative else ''}{whole}{part}e{found['power'] or '0'}")
