"""`ajar eval SUITE`: put a suite to one or two models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.eval import again
from ajar.cli.eval.asked import begun, go, resumed, stopped
from ajar.cli.eval.options import allow_option, asking, confidence_option, demands, runs_folder
from ajar.cli.eval.tables import EXIT, show
from ajar.config import load as configs
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.conclude import conclude
from ajar.evals.run.lines import read_header
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.cli.eval.asked import Wanted
    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.evals.gate.demand import Demand
    from ajar.evals.suite.suite import Suite


@click.command("run")
@click.argument("suite", type=click.Path(path_type=Path), required=False)
@click.option("--on", metavar="NAME", help="The route or deployment to ask: the candidate.")
@click.option("--against", metavar="NAME", help="The one to compare it with: the baseline.")
@click.option("--gate", is_flag=True, help="End with a verdict: may the candidate take the baseline's place?")
@click.option(
    "--margin",
    "margins",
    metavar="[METRIC=]MARGIN",
    multiple=True,
    help="How much worse it may be, as 0.03 or 3%, on `passed` or on METRIC. Implies --gate. [default: 0]",
)
@click.option("--resume", metavar="RUN", help="Go on with this run (its name, its folder, or `last`) where it stopped.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where the run's files go.")
@click.option(
    "--cache", type=click.Path(path_type=Path), metavar="FILE", help="Keep answers there, and use those kept. No gate."
)
@asking
@confidence_option
@allow_option
@reading.config_option
@terminal.json_option
def command(config: Path | None, as_json: bool, **given: Any) -> int:
    """Put every case of SUITE to a model, score the answers, and say how sure the numbers are.

    With --against the two models get the same cases at the same time. All of it is written down as it comes: a run that
    was stopped goes on with --resume, and ends with the same numbers and the same gate.
    """
    found = configs.load(configs.find(config)).config
    if given["resume"] is not None:
        suite, folder, wanted, asked = _resumed(found, given)
    else:
        suite, folder, wanted, asked = _fresh(found, given)
    confidence = wanted[0].header.confidence
    end = go(suite, folder, *wanted, going_on=again.going_on(folder.path, given, config), cache=given["cache"])
    refuse_cached(asked, end.counts.cached)
    if end.finished:
        return finish(folder, suite, confidence, asked, as_json=as_json)
    if as_json:
        terminal.json(stopped(folder, end))
    return EXIT["COULD NOT RUN"]


Prepared = tuple["Suite", "Folder", "Wanted", list["Demand"]]


def _fresh(config: Config, given: Mapping[str, Any]) -> Prepared:
    if given["suite"] is None or given["on"] is None:
        missing = "SUITE: the file with the cases" if given["suite"] is None else "--on: the route or deployment to ask"
        raise click.UsageError(f"name {missing}")
    suite = load(given["suite"], allow=given["allow"])
    asked = demands(suite, gate=given["gate"], margins=given["margins"])
    _check(asked, given, compared=given["against"] is not None)
    runs, output = runs_folder(config.server.state_dir), given["output"]
    folder = folders.new(runs, suite.name) if output is None else folders.chosen(output)
    wanted = begun(config, suite, given["suite"], folder, given, asked)
    folders.note(runs, folder.path)
    return suite, folder, wanted, asked


def _check(asked: Sequence[Demand], given: Mapping[str, Any], *, compared: bool) -> None:
    """Wrong usage of a gate is told before anything is made or asked."""
    if asked and given["cache"] is not None:
        raise click.UsageError("a gate looks at fresh answers only: leave --cache out")
    if asked and not compared:
        raise click.UsageError("a gate compares two models: name the baseline with --against")


def _resumed(config: Config, given: Mapping[str, Any]) -> Prepared:
    folder = again.named(config, given["resume"])
    was = read_header(folder.journal)
    again.refuse_other(was, given)
    if given["output"] is not None and given["output"].resolve() != folder.path.resolve():
        raise click.UsageError("--output: a run goes on in its own folder; leave the option out")
    suite = load(given["suite"] or Path(was.path), allow=was.allow)
    asked = again.demanded(was, suite, given)
    _check(asked, given, compared="baseline" in was.targets)
    wanted = resumed(suite, folder, was, given)
    folders.note(runs_folder(config.server.state_dir), folder.path)
    return suite, folder, wanted, asked


def refuse_cached(asked: Sequence[Demand], cached: int) -> None:
    """A gate looks at fresh answers only. Raises StateError."""
    if asked and cached:
        raise StateError(f"{cached:,} answers of this run came from a cache, and no gate looks at those: run it anew")


def finish(folder: Folder, suite: Suite, confidence: float, asked: Sequence[Demand], *, as_json: bool) -> int:
    """Work out what was found, write it, print it; the exit code."""
    result, timing = conclude(folder, suite, confidence, asked)
    if as_json:
        terminal.json({**msgspec.to_builtins(result), "folder": str(folder.path)})
    else:
        if not result.complete:
            there = sum(arm.samples for arm in result.arms.values())
            total = result.about.cases * result.about.repeats * len(result.arms)
            click.echo(click.style(f"{there:,} of {total:,} samples: this run is not at its end", bold=True))
        show(folder, result, timing)
    if not result.complete:
        return EXIT["COULD NOT RUN"]
    return EXIT[result.gate.verdict] if result.gate is not None else 0
