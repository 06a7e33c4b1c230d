"""What all drawings share: scales, ticks, and SVG elements as text.

Horizontal places are percentages of the drawing's width and vertical ones pixels, so that a drawing is as wide as its
room and its lines, marks and letters keep their size: on a phone they are as legible as on a desk.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup, escape

from ajar.evals.reports.inert import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (1, 2, 2.5, 5, 10)
_LETTER = 1.2
"""Half the width of a letter of a label in percent of the narrowest chart: nearer to an end it is not centred."""


class Scale(msgspec.Struct, frozen=True):
    """Where numbers stand between the left end (0%) and the right end (100%)."""

    low: float
    high: float

    def at(self, number: float) -> float:
        """The place in percent; what lies outside stands at the end."""
        share = (number - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 3)

    def holds(self, number: float) -> bool:
        """Whether the number lies between the ends."""
        return self.low <= number <= self.high

    def ticks(self, most: int) -> list[float]:
        """Round numbers between the ends, at most so many, evenly spaced; 0 is one of them if it is inside."""
        for step in _steps((self.high - self.low) / most):
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first < most:
                return [number * step for number in range(first, last + 1)]
        raise AssertionError("steps grow without end")


def _steps(least: float) -> Iterable[float]:
    power = math.floor(math.log10(least))
    while True:
        yield from (step * 10.0**power for step in _STEPS if step * 10.0**power >= least * 0.999)
        power += 1


def scale(numbers: Iterable[float], *, padding: float = 0.06) -> Scale:
    """A scale that holds all these numbers with some room at both ends."""
    known = [number for number in numbers if math.isfinite(number)] or [0.0]
    low, high = min(known), max(known)
    room = (high - low) * padding or abs(high) * 0.5 or 1.0
    return Scale(low - room, high + room)


def element(name: str, content: Markup | str = "", /, **attributes: object) -> Markup:
    """One element. Attributes and text are escaped; `_` in a name stands for `-`, and a last one for nothing."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, escape(content))  # noqa: S704 - own names only


def join(parts: Iterable[Markup]) -> Markup:
    """Elements one after the other."""
    return Markup("").join(parts)


def percent(place: float) -> str:
    """A horizontal place as SVG writes it."""
    return f"{place:g}%"


def drawing(content: Markup, *, height: float, kind: str, title: str, about: str = "") -> Markup:
    """A picture with its title, and a longer description, for those who do not see it."""
    words = element("title", visible(title)) + (element("desc", visible(about)) if about else Markup(""))
    return element("svg", words + content, class_=kind, width="100%", height=f"{height:g}", role="img")


def axis(scale: Scale, labels: Iterable[tuple[float, str]], *, label: str, zero: bool = False) -> Markup:
    """The ticks with their numbers below a chart, and what they count. Hidden from screen readers: rows say it all."""
    parts: list[Markup] = []
    for number, text in labels:
        place = scale.at(number)
        half = _LETTER * len(text)
        anchor = "start" if place < half else "end" if place > 100 - half else "middle"
        strong = "zero" if zero and number == 0 else None
        parts.append(element("line", x1=percent(place), x2=percent(place), y1="0", y2="5", class_=strong))
        parts.append(element("text", text, x=percent(place), y="18", text_anchor=anchor, class_=strong))
    parts.append(element("text", label, x="50%", y="36", text_anchor="middle", class_="unit"))
    return element("svg", join(parts), class_="axis", width="100%", height="40", aria_hidden="true")
