"""`ajar swap pause|resume|abort`: tell a running rollout what to do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.service import is_running, user
from ajar.cli.swap.shelf import shelf
from ajar.errors import StateError
from ajar.rollout import ordering
from ajar.store.orders import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.rollout.document import Rollout

NOT_TAKEN = 1
_WAIT_S = 5.0


class Ordered(msgspec.Struct, frozen=True):
    """What an order prints with `--json`. `taken` is None where no service runs: it is kept for the next one."""

    rollout: str
    route: str
    order: Kind
    state: str
    paused: bool
    running: bool
    taken: bool | None


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        terminal.json_option,
        reading.state_option,
        reading.config_option,
        click.option("--why", metavar="TEXT", default="", help="The reason, for the records."),
        click.argument("which", metavar="[ROUTE|ID]", required=False),
    ):
        command = option(command)
    return command


@click.command("pause")
@_options
def pause(**given: Any) -> int:
    """Give the control all requests, until `ajar swap resume`.

    Evidence stays, and units that were assigned still enter. The time does not count towards `max_hours`. Where only
    one rollout is running it need not be named. Exit code 0: done, or kept for a service that does not run now; 1: the
    running service has not done it; 3: no rollout is running.
    """
    return _give("pause", **given)


@click.command("resume")
@_options
def resume(**given: Any) -> int:
    """Go on with a paused rollout, at the step where it was.

    Exit code 0: done, or kept for a service that does not run now; 1: the running service has not done it; 3: no
    rollout is running.
    """
    return _give("resume", **given)


@click.command("abort")
@_options
def abort(**given: Any) -> int:
    """End a rollout: the control stays, and the record says why.

    `ajar rollback ROUTE` does the same to the traffic where no steward and no database is alive. Exit code 0: done, or
    kept for a service that does not run now; 1: the running service has not done it; 3: no rollout is running.
    """
    return _give("abort", **given)


def _give(
    kind: Kind, *, which: str | None, why: str, config: Path | None, state_dir: Path | None, as_json: bool
) -> int:
    folder = reading.state_folder(config, state_dir)
    with shelf(folder) as rollouts:
        document = rollouts.one(which)
    _refuse(document, kind)
    ordering.order(folder, document.id, kind, by=user(), why=why)
    running = is_running(folder)
    taken, document = _wait(folder, document, kind) if running else (None, document)
    if as_json:
        paused = document.paused is not None
        terminal.json(Ordered(document.id, document.route, kind, document.state, paused, running, taken))
    else:
        terminal.line(terminal.console(), _told(document, kind, folder, taken))
    return NOT_TAKEN if taken is False else 0


def _refuse(document: Rollout, kind: Kind) -> None:
    if document.ended:
        raise StateError(f"route {document.route}: no rollout is running; the last one has ended: {document.state}")
    if _is_so(document, kind):
        raise StateError(f"route {document.route}: its rollout is {'paused' if kind == 'pause' else 'not paused'}")


def _is_so(document: Rollout, kind: Kind) -> bool:
    """Whether there is nothing left to do."""
    if kind == "abort":
        return document.ended
    return (document.paused is not None) is (kind == "pause")


def _wait(folder: Path, document: Rollout, kind: Kind) -> tuple[bool, Rollout]:
    began = time.monotonic()
    with shelf(folder) as rollouts:
        while time.monotonic() - began < _WAIT_S:
            document = rollouts.get(document.id)
            if _is_so(document, kind) or document.ended:
                return True, document
            time.sleep(0.05)
    return False, document


def _told(document: Rollout, kind: Kind, folder: Path, taken: bool | None) -> str:
    if taken is None:
        return f"No Ajar runs on {folder.absolute()}: it holds as soon as one does."
    if not taken:
        return f"The running Ajar has NOT done it within {_WAIT_S:.0f} s; its log says why. The order stays."
    if document.ended:
        return f"{document.route}: the rollout has ended ({document.state}); {document.control} answers."
    if kind == "pause":
        return f"{document.route}: paused; {document.control} answers all requests until `ajar swap resume`."
    return f"{document.route}: it goes on."
