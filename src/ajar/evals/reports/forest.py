"""A forest plot: a row for each difference, with its interval, a line at 0 and one at the margin."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Literal

import msgspec
from markupsafe import Markup

from ajar.evals.reports import margin as margins
from ajar.evals.reports.chart import Scale, axis, drawing, element, join, percent, scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evals.reports.digits import Digits
    from ajar.evals.result import Better
    from ajar.evidence.comparison import Comparison

Reading = Literal["better", "worse", "unclear", "same", "none"]
WORDS: dict[Reading, str] = {
    "better": "better",
    "worse": "worse",
    "unclear": "not settled",
    "same": "no difference",
    "none": "",
}
"""What an interval says, in words: nothing is told by colour or shape alone."""

_HEIGHT = 34
_MIDDLE = _HEIGHT / 2
_TICKS = 5
_FAR = 2.5
"""How many times the usual length an interval may have before it is cut off, so that it does not squeeze the rest."""
_MARKS = {
    "better": "M0-6.5 6.5 4.8H-6.5Z",
    "worse": "M0 6.5 6.5-4.8H-6.5Z",
    "unclear": "M0-4.5A4.5 4.5 0 1 1 0 4.5 4.5 4.5 0 1 1 0-4.5Z",
    "same": "M0-5.2 5.2 0 0 5.2-5.2 0Z",
    "none": "M0-5.2 5.2 0 0 5.2-5.2 0Z",
}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an estimate with its interval. `label` must say which; `margin` is where worse begins to be too much."""

    label: str
    mean: float
    low: float
    high: float
    reading: Reading = "none"
    strong: bool = False
    """Whether the scale must hold all of it."""
    margin: float | None = None


class Forest(msgspec.Struct, frozen=True):
    """Drawn rows in the order of the spans, and the axis below them."""

    rows: list[Markup]
    axis: Markup


def reading(compared: Comparison, better: Better) -> Reading:
    """What an interval of a difference says. One that cannot be trusted says nothing, wherever it lies."""
    if 0 < compared.n == compared.ties:
        return "same"
    if compared.limited is not None:
        return "unclear"
    low, high = (compared.low, compared.high) if better == "up" else (-compared.high, -compared.low)
    return "better" if low > 0 else "worse" if high < 0 else "unclear"


def forest(spans: Sequence[Span], digits: Digits, label: str, *, signed: bool = True) -> Forest:
    """Draw the spans on one scale. `signed` where they are differences: these have a line at 0."""
    across = _scale(spans, signed=signed)
    ticks = [(number, digits.tick(number, signed=signed)) for number in across.ticks(_TICKS)]
    return Forest(
        rows=[_row(span, across, digits, signed=signed) for span in spans],
        axis=axis(across, [(n, t.replace("-", "−")) for n, t in ticks], label=label, zero=signed),
    )


def _scale(spans: Sequence[Span], *, signed: bool) -> Scale:
    numbers = [0.0] if signed else []
    usual = median(max(abs(span.low), abs(span.high)) for span in spans) * _FAR if signed and spans else math.inf
    for span in spans:
        ends = (span.low, span.high)
        numbers += ends if span.strong else [min(max(end, -usual), usual) for end in ends]
        if span.margin is not None:
            numbers.append(span.margin)
    return scale(numbers)


def _row(span: Span, across: Scale, digits: Digits, *, signed: bool) -> Markup:
    said = digits.difference(span.mean, unit=True) if signed else digits.value(span.mean)
    about = f"{span.label}: {said}, interval {digits.interval(span.low, span.high, signed=signed)}"
    if span.reading != "none":
        about += f", {WORDS[span.reading]}"
    parts: list[Markup] = []
    if span.margin is not None:
        parts.append(_beyond(span.margin, across))
        about += f"; margin {'-' if span.margin < 0 else '+'}{margins.words(abs(span.margin), digits.unit)}"
    if signed:
        parts.append(_upright(across.at(0), "zero"))
    parts.append(_interval(span, across))
    mark = element("path", d=_MARKS[span.reading], class_=f"mark {span.reading}")
    centre = element("g", mark, transform=f"translate(0 {_MIDDLE:g})")
    if across.holds(span.mean):
        parts.append(element("svg", centre, x=percent(across.at(span.mean)), overflow="visible", width="1", height="1"))
    return drawing(join(parts), height=_HEIGHT, kind="span", title=about)


def _interval(span: Span, across: Scale) -> Markup:
    """The line from end to end; an end that is cut off has an arrow instead of a stop."""
    start, end = across.at(span.low), across.at(span.high)
    y = f"{_MIDDLE:g}"
    kind = f"interval {span.reading}"
    parts = [element("line", x1=percent(start), x2=percent(end), y1=y, y2=y, class_=kind)]
    for place, number, arrow in ((start, span.low, "M5-5 0 0 5 5"), (end, span.high, "M-5-5 0 0-5 5")):
        shape = "M0-5V5" if across.holds(number) else arrow
        path = element("path", d=shape, class_=kind, transform=f"translate(0 {y})")
        parts.append(element("svg", path, x=percent(place), overflow="visible", width="1", height="1"))
    return join(parts)


def _beyond(margin: float, across: Scale) -> Markup:
    """The side on which the candidate is too much worse, and its border."""
    place = across.at(margin)
    start, width = (0.0, place) if margin < 0 else (place, 100 - place)
    area = element("rect", x=percent(start), width=percent(width), y="0", height="100%", class_="beyond")
    return area + _upright(place, "margin")


def _upright(place: float, kind: str) -> Markup:
    return element("line", x1=percent(place), x2=percent(place), y1="0", y2="100%", class_=kind)
