"""`ajar eval report RUN`: a run once more."""

from __future__ import annotations

from pathlib import Path

import click

from ajar.cli import reading, terminal
from ajar.cli.eval.options import allow_option, confidence_option, demands, runs_folder
from ajar.cli.eval.run import refuse_cached
from ajar.cli.eval.tables import EXIT, show
from ajar.config import load as configs
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.conclude import conclude
from ajar.evals.run.lines import Replay
from ajar.evals.suite.load import load


@click.command("report")
@click.argument("run", default="last")
@click.option("--gate", is_flag=True, help="End with a verdict.")
@click.option("--margin", "margins", metavar="[METRIC=]MARGIN", multiple=True, help="As in `ajar eval run`.")
@confidence_option
@allow_option
@reading.config_option
@terminal.json_option
def command(
    run: str,
    gate: bool,
    margins: tuple[str, ...],
    confidence: float,
    allow: tuple[str, ...],
    config: Path | None,
    as_json: bool,
) -> int:
    """Show RUN again (its name, its folder, or `last`), and write its files anew.

    Asks no model. A margin that is chosen after the numbers were seen proves nothing: use --gate here for one that
    stood before.
    """
    found = configs.load(configs.find(config)).config
    folder = folders.find(runs_folder(found.server.state_dir), run)
    was = Replay(folder.journal)
    suite = load(Path(was.header.path), allow=allow)
    if suite.digest != was.header.digest:
        raise StateError(f"{was.header.path} is not what this run asked any more: put the old suite back, or run anew")
    if was.ledger.count() < was.header.total:
        said = f"{was.ledger.count():,} of {was.header.total:,} samples are there"
        click.echo(f"ajar: this run is not at its end: {said}", err=True)
    asked = demands(suite.name, gate=gate, margins=margins)
    refuse_cached(asked, was.ledger.cached)
    result, timing = conclude(folder, suite, confidence, asked)
    if as_json:
        terminal.json(result)
    else:
        show(folder, result, timing)
    return EXIT[result.gate.verdict] if result.gate is not None else 0
