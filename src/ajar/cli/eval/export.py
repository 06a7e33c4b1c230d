"""`ajar eval export`: a run in another tool's format."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ajar.cli import reading
from ajar.cli.eval.options import allow_option, runs_folder
from ajar.config import load as configs
from ajar.domain.ids import uuid7_millis
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.exports import every_eval_ever, inspect_log
from ajar.evals.exports.every_eval_ever import Publisher
from ajar.evals.exports.whole import whole
from ajar.evals.run.lines import Replay
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from collections.abc import Collection

    from ajar.evals.run.header import Header
    from ajar.evals.sample import Arm
    from ajar.evals.suite.suite import Suite


@click.command("export")
@click.argument("kind", type=click.Choice(["inspect", "every-eval-ever"]))
@click.argument("run")
@click.argument("to", type=click.Path(path_type=Path))
@click.option(
    "--arm",
    type=click.Choice(["candidate", "baseline"]),
    default="candidate",
    show_default=True,
    help="Which of the two models; these formats hold one.",
)
@click.option("--model", help="For every-eval-ever: developer/name, as Hugging Face or the API has it.")
@click.option("--organization", help="For every-eval-ever: who evaluated.")
@click.option(
    "--suite",
    "moved",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where the run's suite is now. [default: where it was]",
)
@allow_option
@reading.config_option
def command(
    kind: str,
    run: str,
    to: Path,
    arm: Arm,
    model: str | None,
    organization: str | None,
    moved: Path | None,
    allow: tuple[str, ...],
    config: Path | None,
) -> None:
    """Write RUN (its name, its folder, or `last`) as TO.

    inspect writes a log that Inspect reads and shows: TO is a .json file. every-eval-ever writes its two files below
    the folder TO.
    """
    found = configs.load(configs.find(config)).config
    folder = folders.find(runs_folder(found.server.state_dir), run)
    samples = Replay(folder.journal)
    suite, result = _suite(samples.header, moved, allow), folder.read(samples.header.run)
    if arm not in result.arms:
        raise StateError(f"this run has no {arm}")
    created = datetime.fromtimestamp(uuid7_millis(samples.header.run) / 1000, UTC)
    if kind == "inspect":
        with whole(to) as out:
            inspect_log.write(out, result, suite, samples, created=created, arm=arm)
        # Into a pipe goes the log alone.
        click.echo(f"{to}: the {arm}'s log for Inspect", err=not to.is_file())
        return
    if model is None or organization is None:
        raise click.UsageError("every-eval-ever wants --model and --organization, which only you know")
    publisher = Publisher(model=model, organization=organization)
    click.echo(every_eval_ever.write(to, result, suite, samples, publisher, created=created, arm=arm))


def _suite(header: Header, moved: Path | None, allow: Collection[str]) -> Suite:
    """The suite that the run asked, wherever it is now. Raises StateError, and what `load` raises."""
    path = Path(header.path) if moved is None else moved
    if moved is None and not path.exists():
        raise StateError(f"{path}, the suite of this run, is not there any more: say where it is, with --suite")
    suite = load(path, allow=allow)
    if suite.digest != header.digest:
        raise StateError(f"{path} is not what this run asked: put the old suite back, or name it with --suite")
    return suite
