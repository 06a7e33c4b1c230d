"""What a rollout would do and take: `ajar swap ROUTE --to DEPLOYMENT --plan`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ajar.cli import terminal
from ajar.cli.swap import words
from ajar.errors import AjarError
from ajar.rollout import ordering
from ajar.rollout.document import Options
from ajar.rollout.plan import Estimate
from ajar.rollout.prices import prices
from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ajar.config.load import Loaded
    from ajar.rollout.plan import Power, StepPlan

_WEEK_US: Final = 7 * 86_400_000_000
_TOKENS: Final = """
SELECT avg(usage.input_tokens), avg(usage.output_tokens), count(*) FROM traffic WHERE usage.input_tokens IS NOT NULL
"""


class Planned(msgspec.Struct, frozen=True, rename={"before": "from"}):
    """What `--plan --json` prints. `shadow_usd` is None where there is no shadow, or where nothing tells its cost."""

    route: str
    before: str
    to: str
    options: Options
    shadow_usd: float | None
    estimate: Estimate


def show(loaded: Loaded, folder: Path, route: str, to: str, asked: ordering.Asked, *, as_json: bool) -> None:
    """Print it; nothing is changed. Raises ConfigError and StateError."""
    now = time.time_ns() // 1000
    estimate = ordering.estimate(folder, loaded.config, route, to, asked=asked, now=now)
    table = loaded.config.routes[route]
    options = ordering.options(table, asked)
    before = ordering.present_plan(folder, loaded.config, route).primary
    cost = _shadow_cost(loaded, folder, route, to, options, now)
    if as_json:
        terminal.json(Planned(route, before, to, options, cost, estimate))
        return
    out = terminal.console()
    terminal.line(out, f"{route}: {before} → {to}, if it were begun now. Nothing is changed.")
    terminal.heading(out, "What would happen")
    out.print(terminal.table("", "", rows=_stages(options, estimate, _skipped(loaded, to, options), cost), indent=2))
    terminal.heading(out, "What it rests on")
    terminal.line(out, _traffic(estimate, table.unit), indent=2)
    if estimate.powers:
        terminal.heading(out, f"What it could see in {_primary(estimate)}")
        out.print(_powers(estimate))
    for title, sentences in (("What it could not see", estimate.unseen), ("What to do", estimate.advice)):
        if sentences:
            terminal.heading(out, title)
        for sentence in sentences:
            terminal.line(out, f"{sentence[:1].upper()}{sentence[1:]}.", indent=2)


def _skipped(loaded: Loaded, to: str, options: Options) -> str | None:
    """Why there would be no shadow."""
    if options.skip_shadow is not None:
        return "left out"
    if not options.shadow_share:
        return "left out: the route's `swap` says share = 0"
    if to not in prices(loaded.config):
        return f"left out: what {to} costs is not known (give it a `price`)"
    return None


def _shadow_cost(loaded: Loaded, folder: Path, route: str, to: str, options: Options, now: int) -> float | None:
    """Of as many copies as it takes, each as long as the recorded requests are on average."""
    price = prices(loaded.config).get(to)
    if _skipped(loaded, to, options) is not None or price is None:
        return None
    if not price.input and not price.output:
        return 0.0
    filters = Filters(since=now - _WEEK_US, routes=(route,), purposes=("live",))
    try:
        with open_traffic(folder) as traffic:
            ((into, out, requests),) = traffic.query(_TOKENS, filters).fetchall()
    except (AjarError, OSError):
        return None
    if not requests:
        return None
    return options.shadow_min * (into * price.input + (out or 0.0) * price.output) / 1e6


def _stages(
    options: Options, estimate: Estimate, no_shadow: str | None, cost: float | None
) -> Iterator[tuple[str, str]]:
    yield "preflight", "context, formats, capabilities and prices, held against the recorded traffic"
    if options.skip_gate is not None:
        yield "gate", "left out: NOTHING is tested before live traffic"
    else:
        yield "gate", options.gate or "none: NOTHING is tested before live traffic (--gate, or the route's `swap`)"
    yield "shadow", no_shadow or _shadow(options, cost)
    for step in estimate.steps[:-1]:
        least = f"{words.count(step.units, 'unit')} and {options.step_minutes:g} min without evidence of harm"
        yield f"{step.percent:g}%", f"{least}{_rate(step)}"
    last = estimate.steps[-1]
    proof = next((one for one in estimate.powers if one.percent == last.percent and one.drop is None), None)
    takes = "" if proof is None else f": {_takes(proof, estimate)}"
    rate = f", at {words.rate(last.units_a_day)} units a day" if last.units_a_day else ""
    yield f"{last.percent:g}%", f"until it is proven to be as good{takes}{rate}"
    whole = "" if estimate.days is None else f", after {words.days(estimate.days)} in all if it is as good"
    yield "end", f"promoted{whole}; rolled back the moment that the evidence says so"
    yield "", f"without a decision after {words.days(estimate.max_days)} the control stays: INCONCLUSIVE"


def _rate(step: StepPlan) -> str:
    return f": {words.days(step.days)} at {words.rate(step.units_a_day)} units a day" if step.units_a_day else ""


def _shadow(options: Options, cost: float | None) -> str:
    said = f"copies of {100 * options.shadow_share:g}% of the requests, until {options.shadow_min:,} pairs are compared"
    if cost is None:
        return f"{said}; at most ${options.shadow_daily_usd:,.2f} a day"
    if not cost:
        return f"{said}; it costs nothing"
    return f"{said}; about ${cost:,.2f}, and at most ${options.shadow_daily_usd:,.2f} a day"


def _traffic(estimate: Estimate, unit: str) -> str:
    if not estimate.requests:
        return "No traffic of this route is recorded, so nothing can be said about time."
    seen = f"{words.count(estimate.requests, 'request')}, {words.count(estimate.units, 'unit')} ({unit})"
    fresh = f"{words.rate(estimate.units_a_day)} new ones a day"
    without = (
        f"{100 * estimate.without_unit:.1f}% of the requests have no unit: they go to the control and tell nothing"
    )
    return f"The traffic of {words.days(estimate.days_recorded)}: {seen}, {fresh}. {without}."


def _primary(estimate: Estimate) -> str:
    good = f"{100 * estimate.base:.3g} of 100 units are good"
    base = f"if {good} (nothing tells how many are)" if estimate.assumed else f"where {good}"
    return f"{estimate.primary}, {base} and the margin is {100 * estimate.margin:g} points"


def _powers(estimate: Estimate) -> Any:
    """One line for each share, one column for each drop."""
    drops = list(dict.fromkeys(power.drop for power in estimate.powers))
    columns = ["as good" if drop is None else f"{100 * drop:g} points worse" for drop in drops]
    rows = [
        [words.percent(share), *(_takes(one, estimate) for one in estimate.powers if one.percent == share)]
        for share in dict.fromkeys(power.percent for power in estimate.powers)
    ]
    return terminal.table("Share", *columns, rows=rows, indent=2)


def _takes(power: Power, estimate: Estimate) -> str:
    if power.units is None:
        return "not found"
    if not estimate.units_a_day:
        return words.count(power.units, "unit")
    return f"{power.units:,} units, {words.days(power.days)}"
