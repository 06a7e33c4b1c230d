"""Following a rollout to its end: a view that is drawn anew, or a line now and again where there is no terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live

from ajar.cli.swap import report, words
from ajar.cli.swap.charts import point
from ajar.cli.swap.labels import labels
from ajar.cli.swap.shelf import shelf
from ajar.cli.swap.view import view

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from ajar.cli.swap.charts import Point
    from ajar.cli.swap.labels import Label
    from ajar.cli.swap.shelf import Moment, Shelf
    from ajar.rollout.document import Rollout

EVERY_S = 0.5


class Follower:
    """What is known of one rollout, kept up to date."""

    def __init__(self, rollouts: Shelf, document: Rollout) -> None:
        self._rollouts = rollouts
        self.document = document
        self.points: list[Point] = []
        self.new: list[Moment] = []
        self.last: Moment | None = None

    def poll(self) -> None:
        """Take in what is new: `new` are the looks since the last time."""
        self.document = self._rollouts.get(self.document.id)
        last = self.last.number if self.last is not None else 0
        self.new = self._rollouts.looks(self.document.id, last) if self.document.looks > last else []
        self.points += [found for found in map(point, self.new) if found is not None]
        self.last = self.new[-1] if self.new else self.last


def follow(state_dir: Path, document: Rollout, out: Console) -> Rollout:
    """Show it until it ends; the final document. A KeyboardInterrupt ends the showing alone."""
    with shelf(state_dir) as rollouts:
        follower = Follower(rollouts, document)
        follower.poll()
        if out.is_terminal and not out.is_dumb_terminal:
            _live(follower, out)
        else:
            _lines(follower, lambda text: out.print(text, soft_wrap=True))
        return follower.document


def _live(follower: Follower, out: Console) -> None:
    drawn = None
    with Live(console=out, auto_refresh=False, screen=True) as live:
        while not follower.document.ended:
            document, now = follower.document, time.time_ns() // 1000
            seen = (document.updated, follower.last, out.size, report.stage(document, now))
            if seen != drawn:
                drawn = seen
                live.update(Group(*view(document, follower.points, follower.last, now, *out.size)), refresh=True)
            time.sleep(EVERY_S)
            follower.poll()


def _lines(follower: Follower, say: Callable[[str], object]) -> None:
    told = Told(say)
    while True:
        told.tell(follower)
        if follower.document.ended:
            return
        time.sleep(EVERY_S)
        follower.poll()


class Told:
    """Says each event and each look once; of the looks before it began, the last one."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._events = 0
        self._begun = False
        self._pairs = 0

    def tell(self, follower: Follower) -> None:
        """What is new since the last time, in the order in which it happened."""
        document = follower.document
        named = labels(document)
        new = follower.new if self._begun else follower.new[-1:]
        lines = [(moment.time, look_line(moment, document, named)) for moment in new]
        # What a look led to has its time, and is told after it.
        lines += [(one.time, f"{one.kind}: {one.why}") for one in document.events[self._events :]]
        shadow = document.shadow
        if shadow is not None and shadow.verdict == "running" and shadow.pairs != self._pairs:
            self._pairs = shadow.pairs
            evidence = words.evidence(shadow.e, shadow.at)
            pairs = words.count(document.options.shadow_min, "pair")
            lines.append((document.updated, f"shadow: {shadow.pairs:,} of {pairs}, harm {evidence}"))
        self._events, self._begun = len(document.events), True
        for when, text in sorted(lines, key=lambda line: line[0]):
            self._say(f"{words.clock(when)}  {text}")


def look_line(moment: Moment, document: Rollout, named: dict[str, Label]) -> str:
    """One look in one line."""
    seen = moment.seen
    whole = len(document.options.steps)
    said = [
        f"step {seen.step} of {whole} ({words.percent(seen.look.percent)})",
        f"{seen.look.candidate_units_ever:,} units",
    ]
    for one in seen.look.standings:
        name, _, _, apart, harm, good = report.row(one, named)
        if one.role == "primary":
            said += [f"{name.removesuffix(' (primary)')} {apart}", f"harm {harm}", f"as good {good}"]
        elif one.harmful:
            said.append(f"{name} {apart}, harm {harm}")
    return "  ".join([*said, seen.decision.replace("_", " ")])
