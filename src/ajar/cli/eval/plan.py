"""`ajar eval plan`: how many cases a question takes, and what a number of cases can answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec
from click.core import ParameterSource

from ajar.cli import reading, terminal
from ajar.cli.eval.options import confidence_option, runs_folder
from ajar.config import load as configs
from ajar.config.problem import hint
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.metrics import PASSED, Unit
from ajar.evals.reports.digits import level
from ajar.evals.result import Timing
from ajar.evidence import forecast

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.result import Metric

_WRITTEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*")
_GUESS = 0.2


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What `ajar eval plan --json` prints. Differences are of a share, or in the metric's own unit.

    `cases` find `difference`; `given` cases find `smallest` or more. None where no number does. `differing` is the
    share of the cases in which one model is right and the other wrong: a guess, or as it was in the run of `seen_in`;
    None where the metric is no matter of right and wrong.
    """

    metric: str
    unit: Unit
    confidence: float
    power: float
    differing: float | None = None
    seen_in: str | None = None
    difference: float | None = None
    cases: int | None = None
    given: int | None = None
    smallest: float | None = None


class Amount(NamedTuple):
    """A number as it was written: of `3%`, the value is 0.03."""

    value: float
    percent: bool


class Basis(NamedTuple):
    """What a plan goes by: a guess, or a run."""

    metric: str
    unit: Unit
    spread: forecast.Shares | forecast.Means
    confidence: float
    seen_in: str | None = None
    cases: int | None = None


def _amount(_context: click.Context, _option: click.Parameter, value: str | None) -> Amount | None:
    if value is None:
        return None
    found = _WRITTEN.fullmatch(value)
    if found is None:
        raise click.BadParameter("write a number such as 0.03 or 3%")
    return Amount(float(found[1]) / (100 if found[2] else 1), bool(found[2]))


@click.command("plan")
@click.option(
    "--difference", callback=_amount, metavar="D", help="The difference to find, or the distance to a margin."
)
@click.option("--cases", type=click.IntRange(1), metavar="N", help="The cases that there are.")
@click.option("--run", "run", metavar="RUN", help="Take the spread from this run (its name, its folder, or `last`).")
@click.option("--metric", metavar="METRIC", help=f"Of that run. [default: {PASSED}]")
@click.option(
    "--differing",
    callback=_amount,
    metavar="SHARE",
    help=f"Without a run: in which share of the cases one model is right and the other wrong. [default: {_GUESS:.0%}]",
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
    difference: Amount | None, cases: int | None, power: float, config: Path | None, as_json: bool, **given: Any
) -> None:
    """Say how many cases it takes to find a difference, or which difference a number of cases finds.

    \b
      ajar eval plan --difference 2%              a guess: the models differ in 20% of the cases
      ajar eval plan --difference 2% --run last   with the spread of a run that there is
      ajar eval plan --cases 300                  what 300 cases can see
    """
    if difference is not None and difference.value == 0:
        raise click.UsageError(
            "no number of cases finds a difference of 0: a gate needs a margin, and its distance counts"
        )
    if difference is None and cases is None and given["run"] is None:
        raise click.UsageError("name what there is to plan: --difference, --cases or --run")
    basis = _guessed(difference, **given) if given["run"] is None else _seen(config, **given)
    if difference is not None:
        _check(difference, basis)
    number = basis.cases if cases is None else cases
    asked = None if difference is None else difference.value
    planned = Plan(
        metric=basis.metric,
        unit=basis.unit,
        confidence=basis.confidence,
        power=power,
        differing=basis.spread.differing if isinstance(basis.spread, forecast.Shares) else None,
        seen_in=basis.seen_in,
        difference=asked,
        cases=None if asked is None else basis.spread.cases(asked, basis.confidence, power),
        given=number,
        smallest=None if number is None else basis.spread.smallest(number, basis.confidence, power),
    )
    if as_json:
        terminal.json(planned)
    else:
        _show(planned)


def _guessed(
    difference: Amount | None, *, differing: Amount | None, metric: str | None, confidence: float, run: None
) -> Basis:
    """Passes and fails, as nothing else can be planned without a run."""
    del run
    if metric is not None:
        raise click.UsageError("--metric is one of a run: name it with --run")
    share = _GUESS if differing is None else differing.value
    if not 0 < share <= 1:
        raise click.BadParameter("write a share above 0 and up to 100%", param_hint="--differing")
    if difference is not None and share < difference.value <= 1:
        least = f"{difference.value * 100:g}%"
        raise click.UsageError(
            f"models that differ in {share * 100:g}% of the cases cannot be {least} apart: "
            f"give --differing {least} or more, or a smaller --difference"
        )
    return Basis(PASSED, "share", forecast.Shares(share), confidence)


def _seen(config: Path | None, *, run: str, metric: str | None, differing: Amount | None, confidence: float) -> Basis:
    """What a run found. Its own confidence holds unless another was asked for."""
    if differing is not None:
        raise click.UsageError("--differing is a guess, and --run has seen it: leave one of them out")
    found = configs.load(configs.find(config)).config
    folder = folders.find(runs_folder(found.server.state_dir), run)
    known = {one.name: one for one in _metrics(folder)}
    name = PASSED if metric is None else metric
    if name not in known:
        raise StateError(f"{folder.path} has no metric `{name}`; {hint(name, known, 'the metrics')}")
    compared = known[name].comparison
    if compared is None:
        raise StateError(f"{folder.path} compares no two models on `{name}`")
    if compared.n == 0:
        raise StateError(f"{folder.path} has no case in which both models have `{name}`")
    source = click.get_current_context().get_parameter_source("confidence")
    return Basis(
        name,
        known[name].unit,
        forecast.like(compared),
        compared.confidence if source is ParameterSource.DEFAULT else confidence,
        str(folder.path),
        compared.n,
    )


def _metrics(folder: folders.Folder) -> list[Metric]:
    """Those of both files: what the clock says has one of its own."""
    found = folder.read("").metrics
    try:
        return [*found, *msgspec.json.decode(folder.timing.read_bytes(), type=Timing).metrics]
    except (OSError, msgspec.DecodeError):
        return found


def _check(difference: Amount, basis: Basis) -> None:
    if basis.unit == "share" and difference.value > 1:
        text = f"two shares are 100% apart at most; for {difference.value:g} points write {difference.value:g}%"
        text = text if not difference.percent else "two shares are 100% apart at most"
        raise click.BadParameter(text, param_hint="--difference")
    if basis.unit != "share" and difference.percent:
        written = f"{difference.value * 100:g}"
        text = f"`{basis.metric}` is no share: write its difference in {basis.unit}, such as {written}, without %"
        raise click.BadParameter(text, param_hint="--difference")


def _show(plan: Plan) -> None:
    out = terminal.console()
    if plan.seen_in is not None:
        basis = f"the spread of {plan.metric} in {plan.seen_in}"
    else:
        basis = f"{(plan.differing or 0) * 100:.3g}% of the cases differing"
    chance = f"with a chance of {level(plan.power)} (confidence {level(plan.confidence)}, {basis})"
    if plan.difference is not None:
        what = f"a difference of {_words(plan.difference, plan.unit)}"
        said = f"No number of cases is known to find {what}" if plan.cases is None else f"{_find(plan.cases)} {what}"
        terminal.line(out, f"{said} {chance}.")
        chance = "with that chance"
    if plan.given is not None:
        what = (
            "no difference" if plan.smallest is None else f"a difference of {_words(plan.smallest, plan.unit)} or more"
        )
        terminal.line(out, f"{_find(plan.given)} {what} {chance}.")


def _find(cases: int) -> str:
    return "1 case finds" if cases == 1 else f"{cases:,} cases find"


def _words(value: float, unit: Unit) -> str:
    shown = f"{value * 100 if unit == 'share' else value:.3g}"
    one, many = {"share": ("point", "points"), "tokens": ("token", "tokens")}.get(unit, (unit, unit))
    return f"{shown} {one if shown == '1' else many}"
