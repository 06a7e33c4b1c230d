"""`ajar eval plan`: how many cases a question takes, and what a number of cases can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.eval.options import confidence_option, runs_folder
from ajar.config import load as configs
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.gate.demand import margin_of
from ajar.evals.metrics import PASSED
from ajar.evidence import power as powers

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evidence.comparison import Comparison


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What `ajar eval plan --json` prints. Differences are of a share, or in the metric's own unit.

    `variance` is that of one case's difference. `cases` find `difference`; with `given` cases, `smallest` is found.
    """

    metric: str
    confidence: float
    power: float
    variance: float
    seen_in: str | None = None
    difference: float | None = None
    cases: int | None = None
    given: int | None = None
    smallest: float | None = None


def _amount(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    try:
        return None if value is None else margin_of(value)
    except ValueError:
        raise click.BadParameter("write a number such as 0.03 or 3%") from None


@click.command("plan")
@click.option(
    "--difference", callback=_amount, metavar="D", help="The difference to find, or the distance to a margin."
)
@click.option("--cases", type=click.IntRange(1), metavar="N", help="The cases that there are.")
@click.option("--run", "run", metavar="RUN", help="Take the spread from this run (its name, its folder, or `last`).")
@click.option("--metric", default=PASSED, show_default=True, help="Of that run.")
@click.option(
    "--differing",
    callback=_amount,
    metavar="SHARE",
    help="Without a run: in which share of the cases one model is right and the other wrong. [default: 20%]",
)
@click.option(
    "--power",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.8,
    show_default=True,
    help="How likely the difference is to be found.",
)
@confidence_option
@reading.config_option
@terminal.json_option
def command(
    difference: float | None,
    cases: int | None,
    run: str | None,
    metric: str,
    differing: float | None,
    power: float,
    confidence: float,
    config: Path | None,
    as_json: bool,
) -> None:
    """Say how many cases it takes to find a difference, or which difference a number of cases finds.

    \b
      ajar eval plan --difference 2%              a guess: the models differ in 20% of the cases
      ajar eval plan --difference 2% --run last   with the spread of a run that there is
      ajar eval plan --cases 300                  what 300 cases can see
    """
    if difference == 0:
        raise click.UsageError(
            "no number of cases finds a difference of 0: a gate needs a margin, and its distance counts"
        )
    if difference is None and cases is None and run is None:
        raise click.UsageError("name what there is to plan: --difference, --cases or --run")
    compared, seen_in = None, None
    if run is not None:
        found = configs.load(configs.find(config)).config
        folder = folders.find(runs_folder(found.server.state_dir), run)
        compared, seen_in = _compared(folder, metric), str(folder.path)
    share = 0.2 if differing is None else differing
    variance = share if compared is None else _variance(compared)
    number = cases if cases is not None or compared is None else compared.n
    planned = Plan(
        metric=metric,
        confidence=confidence,
        power=power,
        variance=variance,
        seen_in=seen_in,
        difference=difference,
        cases=None if difference is None else powers.cases_needed(difference, variance, confidence, power),
        given=number,
        smallest=None if number is None else powers.smallest_difference(number, variance, confidence, power),
    )
    if as_json:
        terminal.json(planned)
    else:
        _show(planned)


def _compared(folder: folders.Folder, metric: str) -> Comparison:
    for found in folder.read("").metrics:
        if found.name == metric and found.comparison is not None:
            return found.comparison
    raise StateError(f"{folder.path} compares no two models on `{metric}`")


def _variance(compared: Comparison) -> float:
    """Of one case's difference: from the standard error, which clusters are part of, or from the cases that differ."""
    if compared.se is not None:
        return compared.se**2 * compared.n
    return (compared.wins + compared.losses) / compared.n - compared.difference**2


def _show(plan: Plan) -> None:
    share = plan.metric == PASSED or plan.seen_in is None
    out = terminal.console()

    def amount(value: float) -> str:
        return f"{value * 100:.3g} points" if share else f"{value:.3g}"

    from_ = (
        f"the spread of {plan.metric} in {plan.seen_in}"
        if plan.seen_in
        else f"{plan.variance:.0%} of the cases differing"
    )
    if plan.cases is not None and plan.difference is not None:
        terminal.line(
            out,
            f"{plan.cases:,} cases find a difference of {amount(plan.difference)} with a chance of {plan.power:.0%} "
            f"(confidence {plan.confidence:.0%}, {from_}).",
        )
    if plan.given is not None and plan.smallest is not None:
        terminal.line(
            out,
            f"{plan.given:,} cases find a difference of {amount(plan.smallest)} or more with that chance"
            if plan.cases is not None
            else f"{plan.given:,} cases find a difference of {amount(plan.smallest)} or more with a chance of "
            f"{plan.power:.0%} (confidence {plan.confidence:.0%}, {from_}).",
        )
