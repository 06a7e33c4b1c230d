"""`ajar swap status`: where a rollout is, and what the evidence says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.service import is_running
from ajar.cli.swap import report
from ajar.cli.swap.shelf import shelf

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.cli.swap.shelf import Moment
    from ajar.rollout.document import Rollout


class Status(msgspec.Struct, frozen=True):
    """What `ajar swap status --json` prints. `running`: an Ajar serves from this state directory.

    Each rollout is its whole change record, with its last look as `last_look`.
    """

    running: bool
    rollouts: list[dict[str, Any]]


@click.command("status")
@click.argument("which", metavar="[ROUTE|ID]", required=False)
@reading.config_option
@reading.state_option
@terminal.json_option
def command(which: str | None, config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Show where a rollout is, and what the evidence says.

    Without a name: the rollouts that are running, or else the last one. `7.1 of 40` is evidence: at 40 the candidate is
    rolled back, or in the last step promoted. An interval holds at all times at once, however often one looks.
    """
    folder = reading.state_folder(config, state_dir)
    with shelf(folder) as rollouts:
        found = [(document, rollouts.last_look(document)) for document in rollouts.meant(which)]
    running = is_running(folder)
    if as_json:
        terminal.json(Status(running, [whole(document, last) for document, last in found]))
        return
    out = terminal.console()
    for number, (document, last) in enumerate(found):
        if number:
            out.print()
        report.show(out, document, last, time.time_ns() // 1000, folder)
    if not running and any(not document.ended for document, _ in found):
        click.echo(f"ajar: {idle(folder)}", err=True)


def idle(state_dir: Path) -> str:
    """What is said where no service runs."""
    return f"no Ajar runs on {state_dir.absolute()}: rollouts go on when `ajar serve` does"


def whole(document: Rollout, last: Moment | None) -> dict[str, Any]:
    """The change record, with its last look."""
    look = None if last is None else {"number": last.number, "time": last.time, **msgspec.to_builtins(last.seen)}
    return {**msgspec.to_builtins(document), "last_look": look}
