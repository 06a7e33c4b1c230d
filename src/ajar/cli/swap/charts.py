"""The evidence of a rollout as two kinds of chart: the e-processes, and the confidence sequence."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from ajar.cli.swap import words
from ajar.cli.swap.plot import Plot, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.cli.swap.labels import Label
    from ajar.cli.swap.shelf import Moment
    from ajar.evidence.live.look import Standing

_AXIS = 7
"""The width of what stands left of a chart."""
_ROOMY = 20
_MOST = 1000
_FLOOR = 0.05
"""No chart of evidence goes below: there it says nothing that matters."""


class Point(NamedTuple):
    """The primary measure at one look; `units` are the candidate's until then, in all steps."""

    units: int
    step: int
    epoch: int
    percent: float
    standing: Standing


class Panel(NamedTuple):
    """The room for a chart, with its title and its axes, in cells."""

    width: int
    height: int


def point(moment: Moment) -> Point | None:
    """What a look adds to the charts; None where it has no primary measure."""
    look = moment.seen.look
    for one in look.standings:
        if one.role == "primary":
            return Point(look.candidate_units_ever, moment.seen.step, look.epoch, look.percent, one)
    return None


def thinned(found: Sequence[Point]) -> Sequence[Point]:
    """No more points than a chart can show; the last one is there."""
    return found[-1 :: -(len(found) // _MOST + 1)][::-1]


def harm(found: Sequence[Point], panel: Panel) -> list[Text]:
    """The evidence that the candidate is worse, over all steps."""
    values = [(one.units, one.standing.rollback_e, one.standing.rollback_at) for one in found]
    return _evidence("Harm", "roll back", [values], found, panel, "red")


def proof(found: Sequence[Point], panel: Panel, *, last: bool) -> list[Text]:
    """The evidence that it is as good, which begins anew with each epoch and counts in the `last` step."""
    epochs = groupby(found, key=lambda one: one.epoch)
    values = [
        [(one.units, one.standing.promote_e, one.standing.promote_at) for one in of_epoch] for _, of_epoch in epochs
    ]
    return _evidence("As good", "promote" if last else "", values, found, panel, "green")


def _evidence(
    what: str,
    then: str,
    curves: Sequence[Sequence[tuple[int, float | None, float | None]]],
    found: Sequence[Point],
    panel: Panel,
    style: str,
) -> list[Text]:
    told = [[(units, e) for units, e, _ in curve if e is not None] for curve in curves]
    known = [e for curve in told for _, e in curve]
    at = next((at for curve in reversed(curves) for _, _, at in reversed(curve) if at is not None), None)
    if not known or at is None:
        return _none(what, "this metric decides nothing of the kind", panel)
    e, least, most = known[-1], min(known), max(known)
    low = max(min(least, 0.5), _FLOOR)
    scale = Scale(low * 0.8, max(at * 2, min(most, at * 10)), log=True)
    plot = Plot(panel.width - _AXIS, panel.height - 2, _across(found), scale)
    _steps(plot, found)
    plot.level(1, "╌")
    plot.level(at, "━")
    marks = {plot.row(1): "1", plot.row(at): f"{at:,.0f}"}
    for curve in told:
        plot.curve(curve)
    said = Text.assemble((what, "bold"), " ", (words.evidence(e, at), style))
    reached = f"{then} at {at:,.0f}" if then else "for the last step"
    said.append(f" ({reached})" if said.cell_len + len(reached) + 3 <= panel.width else "")
    return [said, *_framed(plot, marks, style), _foot(plot, found, panel)]


def difference(found: Sequence[Point], label: Label | None, panel: Panel) -> list[Text]:
    """The candidate less the control, with the interval that holds at all times at once."""
    last = found[-1].standing if found else None
    told = [one for one in found if one.standing.difference is not None and _is_bounded(one.standing)]
    if last is None or not told:
        return _none("Difference", "too few units for one yet", panel)
    limit = None if label is None else label.limit(last)
    name = label.name if label is not None else last.name
    unit = ", in points" if last.kind == "bounded" else ""
    most = _reach(told, limit)
    plot = Plot(panel.width - _AXIS, panel.height - 2, _across(found), Scale(-most, most))
    _steps(plot, found)
    plot.level(0, "─")
    marks = {plot.row(most): _tick(last, most), plot.row(-most): _tick(last, -most), plot.row(0): "0"}
    if limit is not None:
        plot.level(limit, "╌")
        marks[plot.row(limit)] = _tick(last, limit)
    for end in (0, 1):
        plot.curve(((one.units, _between(one, most)[end]) for one in told), "edge")
    plot.curve((one.units, one.standing.difference or 0.0) for one in told)
    now = f"{words.difference(last, last.difference)}"
    between = words.interval(last)
    said = Text.assemble(("Difference", "bold"), f" in {name}{unit}: ", (now, "bold"))
    said.append(f"  ({between})" if between else "")
    if limit is not None:
        text = f"  margin {_tick(last, limit)} ╌╌"
        said.append(text if said.cell_len + len(text) <= panel.width else "", style="dim")
    said.truncate(panel.width)
    return [said, *_framed(plot, marks, "bold"), _foot(plot, found, panel)]


def _is_bounded(one: Standing) -> bool:
    return one.low is not None or one.high is not None


def _reach(told: Sequence[Point], limit: float | None) -> float:
    """How far up and down the chart goes: the beginning, when nothing was known, may lie beyond it."""
    last = told[-1].units
    ends = [0.0]
    for each in told:
        if each.units * 3 >= last:
            one = each.standing
            ends += [abs(value) for value in (one.low, one.high, one.difference) if value is not None]
    return max(max(ends), 2 * abs(limit or 0.0)) or 1e-9


def _between(one: Point, most: float) -> tuple[float, float]:
    low, high = one.standing.low, one.standing.high
    return -most if low is None else low, most if high is None else high


def _tick(one: Standing, value: float) -> str:
    text = words.difference(one, value)
    return text.removesuffix(".0") if one.kind == "bounded" else text


def _across(found: Sequence[Point]) -> Scale:
    return Scale(0, max(found[-1].units if found else 0, 1))


def _begins(found: Sequence[Point]) -> list[tuple[float, float]]:
    """Where each step but the first one begins, and its share."""
    begun: list[tuple[float, float]] = []
    for before, one in pairwise(found):
        if one.step != before.step:
            begun.append((before.units, one.percent))
    return begun


def _steps(plot: Plot, found: Sequence[Point]) -> None:
    for units, _ in _begins(found):
        plot.upright(units)


def _framed(plot: Plot, marks: dict[int, str], style: str) -> list[Text]:
    lines: list[Text] = []
    for number, row in enumerate(plot.rows()):
        mark = marks.get(number, "")
        line = Text(f"{mark[: _AXIS - 2]:>{_AXIS - 2}} {'┤' if mark else '│'}")
        for cell in row:
            line.append(cell.char, style=style if cell.part == "curve" else "")
        lines.append(line)
    return lines


def _foot(plot: Plot, found: Sequence[Point], panel: Panel) -> Text:
    """The axis: the units at its end, and the share at which each step begins."""
    room = panel.width - _AXIS
    last = f"{found[-1].units if found else 0:,} {'candidate units' if room > 2 * _ROOMY else 'units'}"
    cells = [" "] * room
    for units, percent in [(0, found[0].percent if found else 0.0), *_begins(found)]:
        text, at = words.percent(percent), plot.column(units)
        free = all(cell == " " for cell in cells[max(at - 1, 0) : at + len(text) + 1])
        if free and at + len(text) + 1 < room - len(last):
            cells[at : at + len(text)] = text
    cells[room - len(last) :] = last
    line = Text(" " * _AXIS)
    return line.append("".join(cells))


def _none(what: str, why: str, panel: Panel) -> list[Text]:
    said = Text.assemble((what, "bold"), f": {why}")
    return [said, *(Text("") for _ in range(panel.height - 1))]


def closeness(one: Standing) -> float:
    """How near a measure is to a roll-back: 0 without evidence, 1 where it is reached."""
    if one.rollback_e is None or one.rollback_at is None or one.rollback_at <= 1:
        return 0.0
    return max(math.log(max(one.rollback_e, 1e-300)), 0.0) / math.log(one.rollback_at)
