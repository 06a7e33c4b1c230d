"""What a rollout would take: days for each step, what it could see, and what it could not. Pure."""

from __future__ import annotations

import math
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from ajar.evidence.live.betting import Betting
from ajar.evidence.live.blocks import Blocks, least_controls
from ajar.rollout.measures import DEFAULT_MARGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ajar.config.model import Route
    from ajar.rollout.counting import Arrivals
    from ajar.rollout.document import Options
    from ajar.rollout.measures import Gauge

_DROPS: Final = (0.05, 0.10, 0.15)
_RUNS: Final = 41
_MOST_UNITS: Final = 30_000
"""Of both arms, in one simulated run: beyond that a canary is no way to find anything out."""
_SEED: Final = 7
_EVEN: Final = 50.0
_BASE: Final = 0.95
"""The share of good units where nothing tells another one."""
_LOWEST: Final = 0.2
"""Below that there is hardly anything left to fall by."""


class StepPlan(msgspec.Struct, frozen=True):
    """One step. `days` is how long its dose takes; None: it never comes together."""

    percent: float
    units_a_day: float
    units: int
    days: float | None


class Power(msgspec.Struct, frozen=True):
    """What `percent` of the units can show. `units` is the median of the candidate's units until then, `days` likewise.

    `drop` is by how much the primary metric falls, in its own unit; None stands for a candidate that is as good, and
    is promoted.
    """

    percent: float
    drop: float | None
    units: int | None
    days: float | None


class Estimate(msgspec.Struct, frozen=True):
    """Answers of `ajar swap --plan`. `unseen` and `advice` are sentences."""

    days_recorded: float
    requests: int
    units: int
    units_a_day: float
    without_unit: float
    primary: str
    base: float
    """The share of good units that the simulation begins with: recorded, or `assumed`."""
    assumed: bool
    margin: float
    steps: tuple[StepPlan, ...]
    powers: tuple[Power, ...]
    days: float | None
    """Until an equally good candidate is promoted, if all goes as the median does."""
    max_days: float
    unseen: tuple[str, ...]
    advice: tuple[str, ...]


def estimate(
    route: Route, options: Options, found: Sequence[Gauge], arrivals: Arrivals, good: float | None = None
) -> Estimate:
    """From the route's recorded traffic; `good` is the share of good units in it, if anybody said.

    The simulation has a fixed seed: the same traffic, the same answer.
    """
    primary = found[0]
    margin = primary.measure.margin or DEFAULT_MARGIN
    bounded = primary.measure.kind == "bounded"
    if primary.metric == "error" and arrivals.requests:
        good = 1 - arrivals.error_share
    base = min(max(_BASE if good is None else good, _LOWEST), 0.999)
    alone = not any(gauge.measure.role == "guard" and gauge.measure.decides for gauge in found)
    alpha = options.alpha if alone else options.alpha / 2
    steps = tuple(_step(percent, options, route.maturity_s, arrivals) for percent in options.steps)
    last = options.steps[-1]
    powers: list[Power] = []
    if bounded:
        for percent in dict.fromkeys((options.steps[0], last, _EVEN)):
            powers += [_power(percent, base, drop, margin, alpha, arrivals) for drop in (*_DROPS, None)]
    proof = next((power for power in powers if power.percent == last and power.drop is None), None)
    doses = [step.days for step in steps[:-1]]
    last_days = None if proof is None else proof.days
    known = [days for days in (*doses, last_days) if days is not None]
    days = sum(known) if len(known) == len(doses) + 1 else None
    max_days = options.max_hours / 24
    return Estimate(
        days_recorded=round(arrivals.days, 6),
        requests=arrivals.requests,
        units=arrivals.units,
        units_a_day=arrivals.a_day,
        without_unit=arrivals.without_unit / arrivals.requests if arrivals.requests else 0.0,
        primary=primary.metric,
        base=base,
        assumed=good is None,
        margin=margin,
        steps=steps,
        powers=tuple(powers),
        days=days,
        max_days=max_days,
        unseen=tuple(_unseen(arrivals, powers, last, max_days, found)),
        advice=tuple(_advice(arrivals, days, max_days, powers, options, last)),
    )


def units_until(percent: float, base: float, drop: float | None, margin: float, alpha: float) -> int | None:
    """The median of the candidate's units until it is rolled back for this drop, or promoted where there is none.

    Over simulated rollouts of one step, with the evidence of real ones; None where most find nothing in 30,000 units.
    """
    random = Random(_SEED)  # noqa: S311 - a simulation
    needed = [_one(random, percent, base, drop, margin, alpha) for _ in range(_RUNS)]
    found = median(math.inf if units is None else units for units in needed)
    return None if math.isinf(found) else round(found)


def _one(random: Random, percent: float, base: float, drop: float | None, margin: float, alpha: float) -> int | None:
    blocks, betting = Blocks(least_controls(percent)), Betting(margin)
    draw, share, theirs, at = random.random, percent / 100, base - (drop or 0.0), -math.log(alpha)
    units = 0
    for _ in range(_MOST_UNITS):
        candidate = draw() < share
        units += candidate
        difference = blocks.add(candidate, float(draw() < (theirs if candidate else base)))
        if difference is None:
            continue
        betting.add(difference)
        if betting.log_worse >= at:
            return units if drop is not None else None
        if betting.log_proof >= at:
            return units if drop is None else None
    return None


def _power(percent: float, base: float, drop: float | None, margin: float, alpha: float, arrivals: Arrivals) -> Power:
    units = units_until(percent, base, drop, margin, alpha)
    a_day = arrivals.a_day * percent / 100
    return Power(percent, drop, units, units / a_day if units is not None and a_day else None)


def _step(percent: float, options: Options, maturity_s: float, arrivals: Arrivals) -> StepPlan:
    a_day = arrivals.a_day * percent / 100
    days = None
    if a_day:
        days = max(options.min_units / a_day, options.step_minutes / 1440) + maturity_s / 86400
    return StepPlan(percent, a_day, options.min_units, days)


def _unseen(
    arrivals: Arrivals, powers: Sequence[Power], last: float, max_days: float, found: Sequence[Gauge]
) -> list[str]:
    said: list[str] = []
    for power in powers:
        if power.percent != last or power.drop is None:
            continue
        # Without any traffic nothing is known about time: not even that it takes too long.
        in_time = power.days is not None and power.days <= max_days
        if power.units is None or (arrivals.requests and not in_time):
            said.append(f"a drop of {power.drop * 100:g} points is not found within {_lasting(max_days)} at {last:g}%")
    margins = [gauge for gauge in found if gauge.measure.margin is None and gauge.measure.kind in ("mean", "log_mean")]
    said += [f"`{gauge.metric}` has no margin: it is shown, and decides nothing" for gauge in margins]
    primary = found[0].measure
    if primary.kind == "bounded":
        said.append(
            f"what is worse by less than about {100 * (primary.margin or 0):g} points may be promoted: the margin"
        )
    else:
        said.append(f"how soon `{primary.name}` shows anything depends on how it scatters, which is not estimated here")
    return said


def _advice(
    arrivals: Arrivals, days: float | None, max_days: float, powers: Sequence[Power], options: Options, last: float
) -> list[str]:
    if not arrivals.requests:
        return ["let requests with a unit (the route's `unit`) come in for some days, and ask again"]
    if not arrivals.units:
        return [
            "no request of the recorded traffic has a unit: send one with each request (the route's `unit`), or trust "
            "the gate and the shadow alone"
        ]
    said = list(_ways(days, max_days, powers, options, last))
    if arrivals.days < 1:
        said.append("ask again later: less than a day is recorded, and no whole day can be told from it")
    return said


def _ways(days: float | None, max_days: float, powers: Sequence[Power], options: Options, last: float) -> Iterator[str]:
    if days is not None and days <= max_days:
        yield f"as planned: about {_lasting(days)} until an equal candidate is promoted"
        return
    even = next((power for power in powers if power.percent == _EVEN and power.drop is None), None)
    if even is not None and even.days is not None and even.days <= max_days and last != _EVEN:
        yield f"a split of 1:1 decides in about {_lasting(even.days)}: end the steps with 50"
    else:
        yield "a canary is hopeless here: there are too few new units for any split to decide in time"
        if options.shadow_share:
            yield "rely on the gate and the shadow, whose pairs need far fewer requests"
        else:
            yield "turn the shadow on (`shadow.share`): its pairs need far fewer requests"
    yield f"or allow more time: `max_hours` is {options.max_hours:g}"


def _lasting(days: float) -> str:
    """`40 s`, `12 min`, `3.5 h`, `7 days`."""
    for size, unit in ((1, "days"), (1 / 24, "h"), (1 / 1440, "min")):
        if days >= 2 * size:
            return f"{days / size:.2g} {unit}" if days < 9.95 * size else f"{days / size:,.0f} {unit}"
    return f"{86400 * days:.0f} s"
