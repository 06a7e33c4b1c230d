"""`ajar check`: is the config right, and what does it mean?"""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.revised import Revised, revised
from ajar.config import explain, load
from ajar.config.origin import DEFAULT, values
from ajar.config.problem import Problem, dotted, quoted
from ajar.errors import ConfigError, ConfigUnreadable, StateError
from ajar.store.keys import KeyFile
from ajar.store.revisions import Revisions
from ajar.supervisor.listen import is_loopback
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from ajar.config.model import Config, Server

PROBLEMS = 1


class Value(msgspec.Struct, frozen=True):
    """One value of the config, the table that it stands in, and where it comes from."""

    key: str
    table: str
    value: object
    origin: str

    @property
    def name(self) -> str:
        """The key within its table."""
        return self.key[len(self.table) + 1 :]


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What `ajar check` found. `warnings` are what this machine lacks, and what `ajar serve` would stop at.

    `revisions` are the routes that are not, or no longer, as a rollout or a roll-back made them.
    """

    config: str
    hash: str | None = None
    problems: list[str]
    warnings: list[str] = []
    routes: tuple[explain.RouteWords, ...] = ()
    unrouted: tuple[str, ...] = ()
    keys: tuple[explain.KeyWords, ...] = ()
    callers: str = ""
    values: tuple[Value, ...] = ()
    revisions: tuple[Revised, ...] = ()


@click.command()
@reading.config_option
@click.option("--origins", is_flag=True, help="Show the values that are defaults, too.")
@terminal.json_option
def check(config: Path | None, origins: bool, as_json: bool) -> int:
    """Check the config, and say in plain words what it means.

    Nothing is started and nobody is asked. Exit code 0: the file is right; 1: it has problems; 3: it could not be read.
    """
    findings = _find(load.find(config))
    if as_json:
        terminal.json(findings)
    elif findings.problems:
        _show_problems(findings)
    else:
        _show(findings, origins, terminal.console())
    return PROBLEMS if findings.problems else 0


def _find(path: Path | None) -> Findings:
    try:
        loaded = load.load(path)
    except ConfigUnreadable:
        raise
    except ConfigError as error:
        return Findings(config=str(path or load.BUILT_IN), problems=error.problems)
    found = reading.problems(loaded, os.environ)
    wrong = [problem for problem in found if problem.of == "file"]
    if wrong:
        return Findings(config=loaded.name, problems=loaded.sentences(wrong))
    callers, lacking = _callers(loaded.config.server)
    changed, damaged = _revised(loaded.config)
    return Findings(
        config=loaded.name,
        hash=loaded.hash,
        problems=[],
        warnings=loaded.sentences([*found, *lacking, *damaged]),
        routes=explain.routes(loaded.config, providers()),
        unrouted=explain.unrouted(loaded.config),
        keys=explain.keys(loaded.config, providers(), os.environ),
        callers=callers,
        values=tuple(_values(loaded)),
        revisions=changed,
    )


def _revised(config: Config) -> tuple[tuple[Revised, ...], list[Problem]]:
    """What rollouts and roll-backs made of the routes, and what of that cannot be read."""
    try:
        return revised(Revisions(Path(config.server.state_dir)), config), []
    except StateError as error:
        return (), [Problem(("server", "state_dir"), error.message, of="machine")]


def _values(loaded: load.Loaded) -> Iterator[Value]:
    for path, value in values(loaded.config):
        key, depth = dotted(path), 1 if path[0] == "server" else 2
        yield Value(key, dotted(path[:depth]), value, loaded.origins[key])


def _callers(server: Server) -> tuple[str, list[Problem]]:
    """Who may call, in words, and what would keep the service from starting."""
    file = KeyFile(Path(server.state_dir))
    where = f"Listens on {server.host}, port {server.port}."
    try:
        local = is_loopback(server.host)
    except ConfigError as error:
        return where, [Problem(("server", "host"), error.problems[0], of="machine")]
    try:
        valid, ever_created = len(file.entries()), file.ever_created
    except StateError as error:
        return where, [Problem(("server", "state_dir"), error.message, of="machine")]
    if valid:
        count = "the one valid key" if valid == 1 else f"one of the {valid} valid keys"
        return f"{where} Callers need {count} in {file.path}.", []
    if local and not ever_created:
        return f"{where} Any program on this machine may call, until the first key is made in {file.path}.", []
    words = f"{where} Callers need a key, and {file.path} holds no valid one."
    if local:
        return words, []
    text = "other machines reach this address, so callers need keys; make the first: ajar key create NAME"
    return words, [Problem(("server", "host"), text, of="machine")]


def _show_problems(findings: Findings) -> None:
    count = len(findings.problems)
    for problem in findings.problems:
        click.echo(problem)
    click.echo(f"\n{count} problem{'s' if count > 1 else ''} in {findings.config}: `ajar serve` would refuse it.")


def _show(findings: Findings, all_values: bool, out: Console) -> None:
    terminal.line(out, f"{findings.config} is right (config hash {findings.hash}).")
    terminal.heading(out, "Routes")
    for words in findings.routes:
        terminal.line(out, words.plan, indent=2)
        terminal.line(out, words.bodies, indent=4)
        terminal.line(out, words.streams, indent=4)
        if words.translation:
            terminal.line(out, words.translation, indent=4)
        if words.rollouts:
            terminal.line(out, words.rollouts, indent=4)
    for name in findings.unrouted:
        terminal.line(out, f'No route uses {name}; it is asked for as model = "deployment:{name}".', indent=2)
    if findings.revisions:
        terminal.heading(out, "Routes that were changed while they served")
    for one in findings.revisions:
        terminal.line(out, f"{one.text}.", indent=2)
        if one.conflict:
            terminal.line(out, f"CONFLICT: {one.conflict}.", indent=4)
    if findings.keys:
        terminal.heading(out, "API keys that Ajar sends")
        out.print(terminal.table("", "", rows=((words.deployment, words.text) for words in findings.keys), indent=2))
    terminal.heading(out, "Callers")
    terminal.line(out, findings.callers, indent=2)
    _show_values([one for one in findings.values if all_values or one.origin != DEFAULT], out)
    if not all_values:
        terminal.line(out, "All others have their defaults; --origins shows them.", indent=2)
    _show_warnings(findings.warnings, out)


def _show_values(shown: list[Value], out: Console) -> None:
    terminal.heading(out, "Values")
    cells = {table: [(one.name, _spelt(one.value), one.origin) for one in group] for table, group in _grouped(shown)}
    widths = [min(28, max(len(row[column]) for rows in cells.values() for row in rows)) for column in (0, 1)]
    for table, rows in cells.items():
        terminal.line(out, f"[{table}]", indent=2)
        out.print(terminal.table("", "", "", rows=rows, indent=4, widths=widths))


def _grouped(shown: list[Value]) -> Iterator[tuple[str, list[Value]]]:
    """The values by table; they come in that order."""
    return ((table, list(group)) for table, group in itertools.groupby(shown, key=lambda one: one.table))


def _show_warnings(warnings: list[str], out: Console) -> None:
    if not warnings:
        return
    terminal.heading(out, "Not on this machine")
    for warning in warnings:
        terminal.line(out, warning, indent=2)
    terminal.line(out, "The file is right, but `ajar serve` would not start here before this is mended.", indent=2)


def _spelt(value: object) -> str:
    """The value as TOML spells it; a dash for what is not set."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_spelt(item) for item in cast('tuple[object, ...]', value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
