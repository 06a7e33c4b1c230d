"""Two rollouts side by side as an SVG: how the evidence grew, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 960, 352
_LEFT, _TOP, _PLOT_W, _PLOT_H, _GAP = 62, 92, 384, 212, 88
_LOW, _HIGH = 0.1, 1000.0
"""The evidence axis. What lies beyond is drawn at its end."""

_STYLE = """
svg { color-scheme: light dark; }
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2430; }
.title { font-size: 17px; font-weight: 600; } .word { font-weight: 600; }
.small { font-size: 12px; fill: #5b6474; }
.bar { fill: #eef1f5; } .bar.odd { fill: #e2e7ee; }
.axis { stroke: #9aa3b2; } .limit { stroke: #5b6474; stroke-dasharray: 5 4; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .end { stroke: #ffffff; stroke-width: 2; }
.good.line { stroke: #0f7b4f; } .good.end, .good.word { fill: #0f7b4f; }
.bad.line { stroke: #c2381f; } .bad.end, .bad.word { fill: #c2381f; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e9ef; } .small { fill: #a8b1c1; }
  .bar { fill: #1c212b; } .bar.odd { fill: #262d3a; }
  .axis { stroke: #5b6474; } .limit { stroke: #a8b1c1; } .end { stroke: #0d1117; }
  .good.line { stroke: #4cc38a; } .good.end, .good.word { fill: #4cc38a; }
  .bad.line { stroke: #ff8a6b; } .bad.end, .bad.word { fill: #ff8a6b; }
}
"""
Across = Callable[[float], float]


@dataclass(frozen=True)
class Point:
    """A look: after so many of its units, the evidence for harm and for promotion. `percent` is its share of all."""

    units: int
    percent: float
    harm: float
    proof: float


@dataclass(frozen=True)
class Panel:
    """One rollout. `harm_at` and `proof_at` are what the evidence must reach."""

    title: str
    ending: str
    good: bool
    points: Sequence[Point]
    harm_at: float
    proof_at: float


def draw(panels: Sequence[Panel], words: str) -> str:
    """The picture; `words` are what it says to somebody who cannot see it."""
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {box}>', f"<style>{_STYLE}</style>"]
    for index, panel in enumerate(panels):
        parts += _panel(panel, _LEFT + index * (_PLOT_W + _GAP))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, left: float) -> list[str]:
    most = max(point.units for point in panel.points) or 1
    right, foot = left + _PLOT_W, _TOP + _PLOT_H

    def across(units: float) -> float:
        return round(left + _PLOT_W * units / most, 1)

    last_step = panel.points[-1].percent
    proofs = [(point.units, point.proof) for point in panel.points if point.percent == last_step]
    return [
        _text(panel.title, left, 28, "title"),
        _text(panel.ending, left, 52, "word good" if panel.good else "word bad"),
        *_steps(panel.points, across),
        *_scale(left),
        *_limits(panel, left),
        *_curve([(point.units, point.harm) for point in panel.points], across, "bad", "harm"),
        *_curve(proofs, across, "good", "as good"),
        _line("axis", left, right, foot),
        _text("0", left, foot + 18, "small"),
        _text(f"{most:,}", right, foot + 18, "small", "end"),
        _text("units with the candidate", (left + right) / 2, foot + 36, "small", "middle"),
    ]


def _steps(points: Sequence[Point], across: Across) -> list[str]:
    """A band for each step, with its share above."""
    parts: list[str] = []
    begin, number = 0, 0
    for at, point in enumerate(points):
        if at + 1 < len(points) and points[at + 1].percent == point.percent:
            continue
        left, right = across(begin), across(point.units)
        size = f'width="{right - left:.1f}" height="{_PLOT_H}"'
        parts.append(f'<rect class="bar{" odd" if number % 2 else ""}" x="{left}" y="{_TOP}" {size}/>')
        parts.append(_text(f"{point.percent:g}%", (left + right) / 2, _TOP - 8, "small", "middle"))
        begin, number = point.units, number + 1
    return parts


def _scale(left: float) -> list[str]:
    ticks = [_text(f"{value:g}", left - 8, _y(value) + 4, "small", "end") for value in (0.1, 1, 10, 100, 1000)]
    return [*ticks, _text("evidence", left - 46, _TOP - 8, "small")]


def _limits(panel: Panel, left: float) -> list[str]:
    parts: list[str] = []
    for at, name, above in ((panel.harm_at, "rolled back", True), (panel.proof_at, "promoted", False)):
        y = _y(at)
        parts.append(_line("limit", left, left + _PLOT_W, y))
        parts.append(_text(f"{name} at {at:.0f}", left + 6, y - 5 if above else y + 15, "small"))
    return parts


def _curve(values: Sequence[tuple[int, float]], across: Across, kind: str, name: str) -> list[str]:
    if not values:
        return []
    places = [(across(units), _y(value)) for units, value in values]
    x, y = places[-1]
    return [
        f'<polyline class="line {kind}" points="{" ".join(f"{px},{py}" for px, py in places)}"/>',
        f'<circle class="end {kind}" cx="{x}" cy="{y}" r="5"/>',
        _text(name, x - 9, y + (18 if y < _TOP + 20 else -9), f"word {kind}", "end"),
    ]


def _text(text: str, x: float, y: float, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(kind: str, left: float, right: float, y: float) -> str:
    return f'<line class="{kind}" x1="{left:g}" x2="{right:g}" y1="{y:g}" y2="{y:g}"/>'


def _y(value: float) -> float:
    share = (log10(min(max(value, _LOW), _HIGH)) - log10(_LOW)) / (log10(_HIGH) - log10(_LOW))
    return round(_TOP + _PLOT_H * (1 - share), 1)
