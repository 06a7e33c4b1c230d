"""What a value of feedback may be: its metric's kind says it. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ajar.config.problem import hint, shortened
from ajar.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Metric

COMMENT: Final = "comment"
DEMONSTRATION: Final = "demonstration"
"""An answer as it should have been. It and a comment are taken on every route, whatever its metrics."""

_COMMENT_BYTES: Final = 16 * 1024
_DEMONSTRATION_BYTES: Final = 256 * 1024
_MOST_NESTED: Final = 64
"""No message is nested so deeply. What a deep stack read here could not be read again in a deeper one."""


def check_value(route: str, metrics: Mapping[str, Metric], name: str, value: Any) -> None:
    """Raise InvalidField where the metric `name` takes no feedback on this route, or not such a value.

    `metrics` are those that feedback gives values; COMMENT and DEMONSTRATION need not be among them.
    """
    metric = metrics.get(name)
    if metric is not None:
        wanted = _wanted(metric, value)
    elif name == COMMENT:
        fine = type(value) is str and _size(value) <= _COMMENT_BYTES
        wanted = None if fine else f"text of at most {_COMMENT_BYTES // 1024} KB"
    elif name == DEMONSTRATION:
        fine = _is_demonstration(value) and _size(value) <= _DEMONSTRATION_BYTES
        wanted = None if fine else f"text or a list of messages, of at most {_DEMONSTRATION_BYTES // 1024} KB"
    else:
        known = hint(name, {*metrics, COMMENT, DEMONSTRATION}, "they")
        words = f"route `{route}` takes no feedback on a metric `{shortened(name)}`; {known}"
        raise InvalidField(words, param="metric")
    if wanted is not None:
        raise InvalidField(f"`value` must be {wanted}: that is what the metric `{name}` takes", param="value")


def _wanted(metric: Metric, value: Any) -> str | None:
    """What the value should have been; None where it is that."""
    if metric.kind == "boolean":
        return None if type(value) is bool else "true or false"
    number = _finite(value)
    if metric.kind == "number":
        return None if number is not None else "a finite number"
    low, high = metric.scale
    fine = number is not None and low <= number <= high
    return None if fine else f"a number from {low:g} to {high:g}"


def _finite(value: Any) -> float | None:
    if type(value) is not int and type(value) is not float:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _is_demonstration(value: Any) -> bool:
    if type(value) is str:
        return True
    if type(value) is not list or not value or _nested(value, _MOST_NESTED):
        return False
    return all(type(each) is dict and type(each.get("role")) is str for each in cast("list[Any]", value))


def _nested(value: Any, most: int) -> bool:
    """Whether lists and objects stand in each other more than `most` deep."""
    if type(value) is dict:
        inner = list(cast("dict[str, Any]", value).values())
    elif type(value) is list:
        inner = cast("list[Any]", value)
    else:
        return False
    return most == 0 or any(_nested(each, most - 1) for each in inner)


def _size(value: Any) -> int:
    """Bytes, of text as it is, of anything else as compact JSON. Half a surrogate pair counts as what stands for it."""
    return len(value.encode("utf-8", "replace")) if type(value) is str else len(msgspec.json.encode(value))
