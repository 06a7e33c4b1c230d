"""`ajar swap watch`: see the evidence as it grows."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import click

from ajar.cli import reading, terminal
from ajar.cli.service import is_running
from ajar.cli.swap import report
from ajar.cli.swap.follow import follow
from ajar.cli.swap.shelf import shelf
from ajar.cli.swap.status import idle

if TYPE_CHECKING:
    from pathlib import Path

INTERRUPTED = 128 + signal.SIGINT


@click.command("watch")
@click.argument("which", metavar="[ROUTE|ID]", required=False)
@reading.config_option
@reading.state_option
def command(which: str | None, config: Path | None, state_dir: Path | None) -> int:
    """See the evidence of a rollout as it grows, until it ends.

    Two charts over the candidate's units show the evidence that it does harm, and that it is as good, each with the
    line where it decides. Below is the difference of the primary metric: the interval narrows around it, zero is the
    line ──, the margin ╌╌. In a pipe there is one line for each look.

    It ends with the rollout's exit code: 0 promoted; 1 rolled back, or stopped by the gate or the shadow; 2
    inconclusive or aborted; 3 could not run. Ctrl-C ends only the watching.
    """
    folder = reading.state_folder(config, state_dir)
    with shelf(folder) as rollouts:
        document = rollouts.one(which)
    if not document.ended and not is_running(folder):
        click.echo(f"ajar: {idle(folder)}", err=True)
    out = terminal.console()
    try:
        document = follow(folder, document, out)
    except KeyboardInterrupt:
        return left(document.route)
    with shelf(folder) as rollouts:
        last = rollouts.last_look(document)
    report.show(out, document, last, time.time_ns() // 1000, folder)
    assert document.decision is not None
    return document.decision.exit_code


def left(route: str) -> int:
    """Say that the rollout goes on; the exit code of who was interrupted."""
    name = report.called(route)
    told = f"the rollout goes on; `ajar swap watch {name}` shows it again, `ajar swap abort {name}` ends it"
    click.echo(f"ajar: {told}", err=True)
    return INTERRUPTED
