"""`ajar eval SUITE`: put a suite to one or two models."""

from __future__ import annotations

from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.eval.options import allow_option, asking, confidence_option, demands, runs_folder
from ajar.cli.eval.progress import progress
from ajar.cli.eval.tables import EXIT, show
from ajar.cli.eval.targets import targets
from ajar.config import load as configs
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.conclude import conclude
from ajar.evals.run import runner
from ajar.evals.run.cache import Cache
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.lines import read_header
from ajar.evals.run.options import RunOptions
from ajar.evals.run.target import Target
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.evals.gate.demand import Demand
    from ajar.evals.run.ending import RunEnd
    from ajar.evals.sample import Arm
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
    was stopped goes on with --resume, and ends with the same numbers.
    """
    found = configs.load(configs.find(config)).config
    if given["resume"] is not None:
        suite, folder, wanted, asked = _resumed(found, given)
    else:
        suite, folder, wanted, asked = _fresh(found, given)
    end = go(suite, folder, *wanted, cache=given["cache"])
    refuse_cached(asked, end.counts.cached)
    return finish(folder, suite, given["confidence"], asked, finished=end.finished, as_json=as_json)


Wanted = tuple[Journal, "Mapping[Arm, Target]", RunOptions]
Prepared = tuple["Suite", "Folder", Wanted, list["Demand"]]


def _fresh(config: Config, given: Mapping[str, Any]) -> Prepared:
    if given["suite"] is None or given["on"] is None:
        missing = "SUITE: the file with the cases" if given["suite"] is None else "--on: the route or deployment to ask"
        raise click.UsageError(f"name {missing}")
    suite = load(given["suite"], allow=given["allow"])
    asked = _asked(suite, given, compared=given["against"] is not None)
    folder, wanted = begun(config, suite, given["suite"], given)
    return suite, folder, wanted, asked


def _asked(suite: Suite, given: Mapping[str, Any], *, compared: bool) -> list[Demand]:
    """What the gate demands, where there is one; wrong usage is told before anything is made or asked."""
    asked = demands(suite.name, gate=given["gate"], margins=given["margins"])
    if asked and given["cache"] is not None:
        raise click.UsageError("a gate looks at fresh answers only: leave --cache out")
    if asked and not compared:
        raise click.UsageError("a gate compares two models: name the baseline with --against")
    return asked


def begun(config: Config, suite: Suite, path: Path, given: Mapping[str, Any]) -> tuple[Folder, Wanted]:
    """A new run."""
    arms = _arms(config, given["on"], given["against"], given)
    options = _options(given)
    output = given.get("output")
    folder = folders.Folder(output) if output else folders.new(runs_folder(config.server.state_dir), suite.name)
    journal = Journal.create(folder.journal, header(suite, str(path.resolve()), arms, options))
    return folder, (journal, arms, options)


def _resumed(config: Config, given: Mapping[str, Any]) -> Prepared:
    folder = folders.find(runs_folder(config.server.state_dir), given["resume"])
    was = read_header(folder.journal)
    suite = load(given["suite"] or Path(was.path), allow=given["allow"])
    asked = _asked(suite, given, compared="baseline" in was.targets)
    arms: dict[Arm, Target] = {}
    for arm, aim in was.targets.items():
        arms[arm] = Target(**msgspec.structs.asdict(aim), key=given["api_key"])
    options = msgspec.structs.replace(_options(given), repeats=was.repeats, seed=was.seed)
    journal = Journal.resume(folder.journal, header(suite, was.path, arms, options), retry_errors=options.retry_errors)
    return suite, folder, (journal, arms, options), asked


def _arms(config: Config, on: str, against: str | None, given: Mapping[str, Any]) -> dict[Arm, Target]:
    return targets(
        config,
        on,
        against,
        base_url=given["base_url"],
        against_base_url=given["against_base_url"],
        key=given["api_key"],
    )


def _options(given: Mapping[str, Any]) -> RunOptions:
    return RunOptions(
        repeats=given["repeats"],
        seed=given["seed"],
        max_concurrency=given["max_concurrency"],
        retries=given["retries"],
        timeout_s=given["timeout"],
        retry_errors=given["retry_errors"],
    )


def go(
    suite: Suite,
    folder: Folder,
    journal: Journal,
    arms: Mapping[Arm, Target],
    options: RunOptions,
    *,
    cache: Path | None = None,
) -> RunEnd:
    """Ask what is not answered yet. Says on standard error why not all of it is answered then, and how to go on."""
    kept = Cache(cache) if cache is not None else None
    with closing(kept) if kept is not None else nullcontext(), progress(suite.name) as watch:
        end = runner.run(suite, arms, options, journal, watch, cache=kept)
    if not end.finished:
        click.echo(f"ajar: {end.why}", err=True)
        click.echo(
            f"ajar: {end.counts.done:,} of {end.counts.total:,} samples are kept in {folder.path}; go on with", err=True
        )
        click.echo(f"        ajar eval --resume {folder.path}", err=True)
    return end


def refuse_cached(asked: Sequence[Demand], cached: int) -> None:
    """A gate looks at fresh answers only. Raises StateError."""
    if asked and cached:
        raise StateError(f"{cached:,} answers of this run came from a cache, and no gate looks at those: run it anew")


def finish(
    folder: Folder, suite: Suite, confidence: float, asked: Sequence[Demand], *, finished: bool, as_json: bool
) -> int:
    """Work out what was found, write it, print it; the exit code."""
    if not finished:
        return EXIT["COULD NOT RUN"]
    result, timing = conclude(folder, suite, confidence, asked)
    if as_json:
        terminal.json(result)
    else:
        show(folder, result, timing)
    return EXIT[result.gate.verdict] if result.gate is not None else 0
