"""`ajar swap list`: the rollouts that there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.swap import words
from ajar.cli.swap.shelf import BEGIN, shelf

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.document import Rollout


class Row(msgspec.Struct, frozen=True, rename={"before": "from"}):
    """A rollout as `ajar swap list --json` prints it. Times are microseconds since 1970 UTC."""

    id: str
    route: str
    before: str
    to: str
    state: str
    paused: bool
    who: str
    why: str
    created: int
    ended: int | None
    exit_code: int | None
    decision: str


@click.command("list")
@click.argument("route", required=False)
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="So many, the newest.")
@reading.config_option
@reading.state_option
@terminal.json_option
def command(route: str | None, count: int, config: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """List the rollouts that there were, of one ROUTE or of all, newest first."""
    folder = reading.state_folder(config, state_dir)
    rows: list[Row] = []
    if (folder / "ajar.db").exists():
        with shelf(folder) as rollouts:
            rows = [_row(document) for document in rollouts.recent(route, count)]
    if as_json:
        terminal.json(rows)
    elif rows:
        columns = ("Begun (UTC)", "Route", "From", "To", "State", "Exit", "By", "Rollout")
        terminal.console().print(terminal.table(*columns, rows=map(_cells, rows)))
    else:
        click.echo(f"There was no rollout yet; {BEGIN}.")


def _row(document: Rollout) -> Row:
    decision = document.decision
    return Row(
        id=document.id,
        route=document.route,
        before=document.control,
        to=document.candidate,
        state=document.state,
        paused=document.paused is not None,
        who=document.who,
        why=document.why,
        created=document.created,
        ended=None if decision is None else decision.time,
        exit_code=None if decision is None else decision.exit_code,
        decision="" if decision is None else decision.why,
    )


def _cells(row: Row) -> tuple[str, ...]:
    state = f"{row.state.replace('_', ' ')}{', paused' if row.paused else ''}"
    code = "" if row.exit_code is None else str(row.exit_code)
    return words.clock(row.created), row.route, row.before, row.to, state, code, row.who, row.id
