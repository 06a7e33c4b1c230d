"""A running rollout as it fills a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ajar.cli.swap import charts, report, words
from ajar.cli.swap.labels import labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ajar.cli.swap.labels import Label
    from ajar.cli.swap.shelf import Moment
    from ajar.evidence.live.look import Standing
    from ajar.rollout.document import Rollout

_LEAST = (60, 18)
_MOST_ROWS = 18
_FOOT = "Ctrl-C: the rollout goes on"


def view(
    document: Rollout, found: Sequence[charts.Point], moment: Moment | None, now: int, width: int, height: int
) -> list[Text]:
    """At most `height` lines of at most `width` cells: charts where there is evidence, and room for it."""
    head = list(_head(document, now))
    last = document.look
    if last is None or not found or (width, height) < _LEAST or height < _LEAST[1]:
        body = list(_stages(document))
    else:
        measures = list(_measures(last.standings, labels(document), width))
        room = height - len(head) - 4
        measures = measures[: max(room - 12, 1)]
        body = [*_charts(charts.thinned(found), document, width, room - len(measures)), Text(""), *measures]
    foot = [*_why(moment), Text(f"{_FOOT}; `ajar swap abort {report.called(document.route)}` ends it", style="dim")]
    lines = [*head, Text(""), *body[: max(height - len(head) - len(foot) - 1, 0)], *foot][:height]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return lines


def _head(document: Rollout, now: int) -> Iterator[Text]:
    yield Text(report.title(document), style="bold")
    yield Text(report.stage(document, now))
    look, left = document.look, document.left
    if look is None:
        return
    told = [f"{look.candidate_units:,} candidate units at this share"]
    if left.inferences:
        told.append(f"no unit {words.share(left.without_unit, left.inferences)}")
        told.append(f"elsewhere {words.share(left.candidate_elsewhere, left.candidate_inferences)}")
    if document.crashes:
        told.append(words.count(len(document.crashes), "crash", "crashes"))
    yield Text(" · ".join(told))
    if look.sample_ratio.mismatch:
        yield Text("MISMATCH: units do not go where they should, and nothing can be compared", style="bold red")


def _charts(found: Sequence[charts.Point], document: Rollout, width: int, height: int) -> Iterator[Text]:
    upper = min(height // 2, _MOST_ROWS)
    half = (width - 2) // 2
    panel = charts.Panel(half, upper)
    last = len(document.steps) == len(document.options.steps)
    for left, right in zip(charts.harm(found, panel), charts.proof(found, panel, last=last), strict=True):
        left.truncate(half, pad=True)
        yield Text.assemble(left, "  ", right)
    label = labels(document).get(found[-1].standing.name)
    yield from charts.difference(found, label, charts.Panel(width, min(height - upper, _MOST_ROWS)))


def _measures(standings: Sequence[Standing], named: dict[str, Label], width: int) -> Iterator[Text]:
    """One line for each, the primary first, then those that are nearest to a roll-back."""
    order = sorted(standings, key=lambda one: (one.role != "primary", -charts.closeness(one)))
    rows = [report.row(one, named) for one in order]
    sizes = [max(len(row[column]) for row in rows) for column in range(4)]
    for one, row in zip(order, rows, strict=True):
        name, control, candidate, apart = (cell.ljust(size) for cell, size in zip(row, sizes, strict=False))
        text = f"{name}  {control} → {candidate}  {apart}"
        harm = f"  harm {row[4]}"
        if len(text) + len(harm) > width:
            text = f"{name}  {control} → {candidate}"
        yield Text.assemble(text, (harm, "bold red" if one.harmful else ""))


def _stages(document: Rollout) -> Iterator[Text]:
    """What was found before there is evidence from units."""
    named = labels(document)
    for one in document.preflight:
        yield Text(f"preflight  {one.verdict:<8}{one.name}: {one.why}")
    if document.gate is not None:
        yield Text(f"gate       {document.gate.verdict}{': ' if document.gate.why else ''}{document.gate.why}")
    shadow = document.shadow
    if shadow is not None:
        if shadow.verdict == "skipped":
            yield Text(f"shadow     skipped: {shadow.why}")
        else:
            done = min(shadow.pairs / document.options.shadow_min, 1.0)
            bar = "█" * round(30 * done) + "░" * (30 - round(30 * done))
            yield Text(f"shadow     {bar} {shadow.pairs:,} of {words.count(document.options.shadow_min, 'pair')}")
            yield Text(f"           evidence of harm {words.evidence(shadow.e, shadow.at)}")
            for one in shadow.standings:
                means = f"live {_plain(one.live_mean)}, copy {_plain(one.copy_mean)}"
                name = named[one.name].name if one.name in named else one.name
                yield Text(f"           {name}: {means} in {words.count(one.pairs, 'pair')}")
    if document.state == "canary":
        look = document.look
        if look is None or not look.candidate_units_ever:
            yield Text(
                f"canary     no unit has entered yet: each does so {_maturity(document)} after its first request"
            )
        else:
            yield from _measures(look.standings, named, 10_000)
    yield Text("")
    for event in document.events[-6:]:
        yield Text(f"{words.clock(event.time)[11:]}  {event.kind}: {event.why}")


def _maturity(document: Rollout) -> str:
    seconds = document.table.get("maturity_s", 0)
    return words.span(1e6 * seconds) if isinstance(seconds, int | float) else words.NOTHING


def _plain(value: float | None) -> str:
    return words.NOTHING if value is None else f"{value:.4g}"


def _why(moment: Moment | None) -> Iterator[Text]:
    if moment is not None:
        seen = moment.seen
        yield Text(f"{seen.decision.replace('_', ' ')}: {seen.why}")
