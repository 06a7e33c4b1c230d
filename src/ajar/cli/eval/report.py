"""`ajar eval report RUN`: a run once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ajar.cli import reading, terminal
from ajar.cli.eval import again
from ajar.cli.eval.options import allow_option, confidence_option
from ajar.cli.eval.run import finish, refuse_cached
from ajar.config import load as configs
from ajar.errors import StateError
from ajar.evals.run.lines import Replay
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from ajar.evals.run.header import Header
    from ajar.evals.suite.suite import Suite


@click.command("report")
@click.argument("run", default="last")
@click.option("--gate", is_flag=True, help="End with a verdict. [default: as the run was begun]")
@click.option("--margin", "margins", metavar="[METRIC=]MARGIN", multiple=True, help="As in `ajar eval run`.")
@click.option(
    "--suite",
    "moved",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where the run's suite is now. [default: where it was]",
)
@confidence_option
@allow_option
@reading.config_option
@terminal.json_option
def command(run: str, moved: Path | None, config: Path | None, as_json: bool, **given: Any) -> int:
    """Show RUN again (its name, its folder, or `last`), and write its files anew.

    Asks no model. The gate that the run was begun with is decided again. A margin that is chosen after the numbers were
    seen proves nothing: use --gate and --margin here for one that stood before.
    """
    found = configs.load(configs.find(config)).config
    folder = again.named(found, run)
    samples = Replay(folder.journal)
    was = samples.header
    again.refuse_other(was, given, free=() if was.gate else ("confidence",))
    suite = _suite(was, moved)
    asked = again.demanded(was, suite, given)
    refuse_cached(asked, samples.ledger.cached)
    return finish(folder, suite, again.confidence(was, given), asked, as_json=as_json)


def _suite(was: Header, moved: Path | None) -> Suite:
    """What the run asked, wherever it is now. Raises StateError, and what `load` raises."""
    path = Path(was.path) if moved is None else moved
    if moved is None and not path.exists():
        raise StateError(f"{path}, the suite of this run, is not there any more: say where it is, with --suite")
    suite = load(path, allow=was.allow)
    if suite.digest != was.digest:
        raise StateError(f"{path} is not what this run asked any more: put the old suite back, or run anew")
    return suite
