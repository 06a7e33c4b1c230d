"""`ajar traffic`: what was asked and answered."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
import msgspec

from ajar.cli import terminal
from ajar.cli.key import state_option
from ajar.cli.reading import config_option
from ajar.domain.record import Purpose
from ajar.errors import StateError
from ajar.traffic.filters import Filters, parse_status, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.traffic.export import Row
    from ajar.traffic.summary import By

_POLL_S = 0.2
_COMMAND = TypeVar("_COMMAND", bound=Callable[..., Any])


@click.group()
def traffic() -> None:
    """Look at what was asked and answered.

    Reads the journal and all past traffic on this machine, whether Ajar runs or not. Times are in UTC.
    """


def _options(since: str | None = None) -> Callable[[_COMMAND], _COMMAND]:
    """The options that choose records, and those that say where the records are."""

    def decorate(command: _COMMAND) -> _COMMAND:
        purposes = click.Choice(get_args(Purpose))
        age = "an age such as 90s, 30m, 24h or 7d, or a time such as 2026-01-31T18:00"
        for option in (
            state_option,
            config_option,
            click.option("--errors", is_flag=True, help="Only what failed."),
            click.option(
                "--status", "statuses", metavar="STATUS", callback=_status, help="Only 5xx, 429 and the like."
            ),
            click.option("--purpose", "purposes", type=purposes, multiple=True, help="Only what was asked for this."),
            click.option("--caller", "callers", metavar="NAME", multiple=True, help="Only what this caller asked."),
            click.option("--deployment", "deployments", metavar="NAME", multiple=True, help="Only what it answered."),
            click.option("--route", "routes", metavar="NAME", multiple=True, help="Only this route."),
            click.option("--until", metavar="TIME", callback=_time, help="Only before this time."),
            click.option(
                "--since", metavar="TIME", callback=_time, default=since, show_default=True, help=f"From {age}."
            ),
        ):
            command = option(command)
        return command

    return decorate


def _time(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    return None if value is None else _checked(lambda: parse_time(value, time.time()))


def _status(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    return None if value is None else _checked(lambda: parse_status(value))


def _checked(parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@traffic.command()
@click.option("-n", "count", type=click.IntRange(0), default=20, show_default=True, help="How many.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new ones as they come, until Ctrl-C.")
@_options()
@terminal.json_option
def tail(count: int, follow: bool, config: Path | None, state_dir: Path | None, as_json: bool, **chosen: Any) -> None:
    """Show the newest inferences, oldest first.

    With --json each is one line, as `export` writes it.
    """
    from ajar.cli.traffic_tables import GrowingTable
    from ajar.traffic.columns import to_table
    from ajar.traffic.export import rows
    from ajar.traffic.follow import Follower
    from ajar.traffic.query import open_traffic

    directory, filters = _state(config, state_dir), Filters(**chosen)
    show = _print_lines if as_json else GrowingTable().show
    with closing(Follower(directory / "journal")) as follower:
        with open_traffic(directory) as view:
            newest = list(rows(view.last(count, filters)))
        show(newest)
        shown = {row["id"] for row in newest}
        while follow:
            new = [one for one in follower.poll() if filters.match(one) and one.id not in shown]
            if new:
                show(list(rows(to_table(new))))
            time.sleep(_POLL_S)


@traffic.command()
@click.option("--by", type=click.Choice(["route", "deployment", "caller"]), default="route", show_default=True)
@_options(since="24h")
@terminal.json_option
def summary(by: By, config: Path | None, state_dir: Path | None, as_json: bool, **chosen: Any) -> None:
    """Show counts, errors, times and tokens of live traffic.

    Evaluations, probes and the like count only where --purpose asks for them. Times are the median / the 95th
    percentile: until the first byte, and in all.
    """
    from ajar.cli.traffic_tables import summary_table
    from ajar.traffic.query import open_traffic
    from ajar.traffic.summary import summarize

    filters = Filters(purposes=chosen.pop("purposes") or ("live",), **chosen)
    with open_traffic(_state(config, state_dir)) as view:
        result = summarize(view, by, filters)
    if as_json:
        terminal.json(result)
    elif not result.total.count:
        click.echo("No inference matches.")
    else:
        lines = [*result.groups, result.total] if len(result.groups) > 1 else result.groups
        terminal.console().print(summary_table(by, lines))


@traffic.command()
@click.option("--format", "kind", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write here instead of to standard output.")  # fmt: skip
@_options()
def export(kind: str, output: Path | None, config: Path | None, state_dir: Path | None, **chosen: Any) -> None:
    """Write records for other programs, oldest first.

    Every purpose is included; the column `purpose` says which.
    """
    from ajar.traffic.export import write_jsonl, write_parquet
    from ajar.traffic.query import open_traffic

    if output is None and kind == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is no text: name a file with -o FILE")
    write = write_jsonl if kind == "jsonl" else write_parquet
    with open_traffic(_state(config, state_dir)) as view:
        batches = view.records(Filters(**chosen))
        if output is None:
            write(batches, sys.stdout.buffer)
        else:
            _write_whole(output, lambda file: write(batches, file))


@traffic.command()
@click.option("-n", "count", type=click.IntRange(0), default=20, show_default=True, help="How many of the newest.")
@click.option("--format", "kind", type=click.Choice(["jsonl"]), help="Write all of them, for other programs.")
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="Only values of this metric.")
@click.option("--route", "routes", metavar="NAME", multiple=True, help="Only this route.")
@config_option
@state_option
@terminal.json_option
def feedback(
    count: int,
    kind: str | None,
    metrics: tuple[str, ...],
    routes: tuple[str, ...],
    config: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> None:
    """Show what callers and checks said of answers, oldest first.

    Of a value that was corrected only the last one is shown. With --json or --format each is one line.
    """
    from ajar.cli.traffic_tables import feedback_row, feedback_table
    from ajar.traffic.feedback import latest, read_feedback

    try:
        values = latest(read_feedback(_state(config, state_dir)))
    except OSError as error:
        raise StateError(f"Cannot read {error.filename}: {error.strerror}. Run this as Ajar's user.") from error
    values = [one for one in values if one.metric in (metrics or [one.metric]) and one.route in (routes or [one.route])]
    if kind is None:
        values = values[len(values) - min(count, len(values)) :]
    if as_json or kind is not None:
        _print_lines(map(feedback_row, values))
    elif not values:
        click.echo("No feedback matches.")
    else:
        terminal.console().print(feedback_table(values))


def _write_whole(path: Path, write: Callable[[Any], None]) -> None:
    """The file has its name once it is whole. Records may hold prompts: only its owner may read it."""
    if path.exists() and not path.is_file():  # such as /dev/stdout
        with path.open("wb") as file:
            return write(file)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write(file)
        unfinished.replace(path)
    except OSError as error:
        raise StateError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _state(config: Path | None, state_dir: Path | None) -> Path:
    if state_dir is None:
        from ajar.config import load

        state_dir = Path(load.load(load.find(config)).config.server.state_dir)
    if not state_dir.is_dir():
        where = state_dir.absolute()
        raise StateError(f"There is no state directory {where}. `ajar serve` makes it; --state-dir PATH names another.")
    return state_dir


def _print_lines(rows: Iterable[Row]) -> None:
    sys.stdout.write(msgspec.json.Encoder().encode_lines(list(rows)).decode())
    sys.stdout.flush()
