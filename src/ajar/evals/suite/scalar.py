"""What a plain scalar of YAML 1.2 means (its core schema), and how that value is usually spelt.

PyYAML follows YAML 1.1, where `no`, `on`, `12:30` and `2026-11-20` are not text. In 1.2 they are.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MOST_DIGITS = 300


class NotJson(ValueError):
    """The scalar is a number that JSON does not have. `str()` says why, and what to do."""


def resolve(text: str) -> Scalar:
    """The value of a scalar that stands without quotes and without a tag. Raises NotJson."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "-+.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise NotJson(f"`{text}` is no number that JSON has; put it in quotes if text is meant")
    whole = _INT.fullmatch(text) or _BASED.fullmatch(text)
    if len(text) > _MOST_DIGITS and (whole or _FLOAT.fullmatch(text)):
        raise NotJson("this number has too many digits; put it in quotes if text is meant")
    if whole:
        return int(text, 10 if whole.re is _INT else 0)
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    if math.isinf(number):
        raise NotJson(f"`{text}` is too large for a number; put it in quotes if text is meant")
    return number


def usual(value: Scalar) -> str:
    """The one spelling of the value that leaves no doubt: what its JSON looks like."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
