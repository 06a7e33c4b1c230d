"""`ajar swap ROUTE --to DEPLOYMENT`: begin a rollout, or say what it would take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from ajar.cli import reading, terminal
from ajar.cli.service import is_running, user
from ajar.cli.swap import planned, report, words
from ajar.cli.swap.follow import follow
from ajar.cli.swap.shelf import running_on, shelf
from ajar.cli.swap.status import Status, idle, whole
from ajar.cli.swap.verb import COMMANDS
from ajar.cli.swap.watch import left
from ajar.cli.swap.write import file_of, told, write
from ajar.config import load
from ajar.config.problem import nearest
from ajar.errors import AjarError, StateError
from ajar.evals.gate import file as gates
from ajar.rollout import counting, ordering

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.config.load import Loaded
    from ajar.rollout.document import Rollout


class Begun(msgspec.Struct, frozen=True, rename={"before": "from"}):
    """What `ajar swap ROUTE --json` prints. `running`: an Ajar serves from this state directory."""

    rollout: str
    route: str
    before: str
    to: str
    running: bool
    warnings: list[str]


def _steps(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    if value is None:
        return None
    try:
        steps = tuple(float(part.strip().removesuffix("%")) for part in value.split(","))
    except ValueError:
        raise click.BadParameter("write per cents with commas between them, such as 1,5,25,50") from None
    if not all(low < high for low, high in zip((0.0, *steps), steps, strict=False)) or not steps[-1] <= 99:
        raise click.BadParameter("each must be more than the one before, above 0 and up to 99")
    return steps


@click.command("start")
@click.argument("route")
@click.option("--to", "deployment", metavar="DEPLOYMENT", help="The candidate: it is to take over.")
@click.option("--gate", type=click.Path(path_type=Path), metavar="FILE", help="The gate that it must pass first.")
@click.option("--skip-gate", is_flag=True, help="Leave the gate out; say with --why for what reason.")
@click.option("--no-shadow", is_flag=True, help="Leave the shadow out.")
@click.option("--skip-preflight", is_flag=True, help="Go on whatever the preflight finds; needs --why.")
@click.option("--steps", metavar="LIST", callback=_steps, help="The candidate's shares in per cent, such as 1,5,25,50.")
@click.option("--alpha", type=click.FloatRange(0, 0.2, min_open=True), help="The chance of a wrong decision, at most.")
@click.option("--min-units", type=click.IntRange(1, 10**7), metavar="N", help="Candidate units in each step.")
@click.option("--step-minutes", type=click.FloatRange(0, 10**5), metavar="M", help="The shortest time of a step.")
@click.option(
    "--max-hours",
    type=click.FloatRange(0, 24 * 366, min_open=True),
    metavar="H",
    help="Without a decision until then, the control stays.",
)
@click.option("--why", metavar="TEXT", default="", help="The reason, for the records.")
@click.option("--plan", "plan", is_flag=True, help="Only say what would happen, and how long it takes.")
@click.option("--wait", is_flag=True, help="Show how it goes on, and end with the rollout's exit code.")
@click.option("--write", "writes", is_flag=True, help="Put the result into the config file. Implies --wait.")
@reading.config_option
@reading.state_option
@terminal.json_option
def command(
    route: str, deployment: str | None, config: Path | None, state_dir: Path | None, as_json: bool, **given: Any
) -> int:
    """Let DEPLOYMENT take the place of ROUTE's primary deployment, with proof, or not at all.

    The running service takes it through a preflight, the offline gate, the shadow and the steps of the canary, and
    promotes it or rolls it back by itself. This returns at once. Options go before the route's own `swap` table.

    \b
      ajar swap support-triage --to triage-v2 --plan
      ajar swap support-triage --to triage-v2 --steps 5,50 --min-units 200
      ajar swap support-triage --to triage-v2 --gate suites/triage/gate.yaml --wait

    \b
    Exit codes with --wait: 0 promoted; 1 rolled back, or stopped by the gate or
    the shadow; 2 inconclusive or aborted; 3 could not run. Without: 0 begun.
    """
    if deployment is None:
        raise click.UsageError(_no_candidate(route))
    _usage(given)
    loaded = reading.well_formed(load.find(config))
    folder = state_dir or Path(loaded.config.server.state_dir)
    asked = _asked(given)
    if given["plan"]:
        planned.show(loaded, folder, route, deployment, asked, as_json=as_json)
        return 0
    if given["writes"]:
        file_of(loaded)
    _refuse_second(folder, route)
    _check_gate(loaded, route, given["gate"])
    id_ = ordering.begin(folder, loaded.config, route, deployment, who=user(), why=given["why"], asked=asked)
    with shelf(folder) as rollouts:
        document = rollouts.get(id_)
    warnings = list(_warnings(document, folder))
    for warning in warnings:
        click.echo(f"ajar: {warning}", err=True)
    waits = given["wait"] or given["writes"]
    if not (as_json and waits):
        _begun(document, warnings, is_running(folder), as_json=as_json)
    return _wait(document, folder, loaded, writes=given["writes"], as_json=as_json) if waits else 0


def _no_candidate(route: str) -> str:
    meant = nearest(route, COMMANDS)
    told = f"; or did you mean `ajar swap {meant}`?" if meant else ""
    return f"name the deployment that is to take over, with --to{told}"


def _usage(given: Mapping[str, Any]) -> None:
    if given["skip_gate"] and given["gate"] is not None:
        raise click.UsageError("--gate and --skip-gate exclude each other")
    for option in ("skip_gate", "skip_preflight"):
        if given[option] and not given["why"].strip():
            raise click.UsageError(f"--{option.replace('_', '-')} needs a reason: say it with --why")
    if given["plan"] and (given["wait"] or given["writes"]):
        raise click.UsageError("--plan changes nothing: there is nothing to wait for, or to write")


def _asked(given: Mapping[str, Any]) -> ordering.Asked:
    why = given["why"]
    asked = {name: given[name] for name in ("steps", "alpha", "min_units", "step_minutes", "max_hours")}
    if given["gate"] is not None:  # the service may work in another folder
        asked["gate"] = str(given["gate"].resolve())
    return ordering.Asked(
        skip_gate=why if given["skip_gate"] else None,
        skip_shadow=(why or "no reason was given") if given["no_shadow"] else None,
        skip_preflight=why if given["skip_preflight"] else None,
        **asked,
    )


def _refuse_second(folder: Path, route: str) -> None:
    one = running_on(folder, route)
    if one is not None:
        raise StateError(
            f"route {route}: rollout {one.id} to {one.candidate} is running; wait for its end (`ajar swap "
            f"watch {report.called(route)}`), or end it (`ajar swap abort {report.called(route)}`)"
        )


def _check_gate(loaded: Loaded, route: str, gate: Path | None) -> None:
    """Read the gate's file now, rather than when the rollout comes to it. Raises ConfigError."""
    table = loaded.config.routes.get(route)
    if gate is None and table is not None and table.swap.gate is not None:
        gate = loaded.folder / table.swap.gate
    if gate is not None:
        gates.load(gate)


def _warnings(document: Rollout, folder: Path) -> Iterator[str]:
    options = document.options
    if options.gate is None and options.skip_gate is None:
        yield (
            f"the route {document.route} has no gate, so nothing is tested before live traffic: give --gate FILE, or "
            "`gate` in the route's `swap` table"
        )
    try:
        found = counting.arrivals(folder, document.route, document.created)
    except (AjarError, OSError):
        found = None  # the preflight reads it too, and says what is wrong
    if found is not None and found.requests and found.without_unit == found.requests:
        yield (
            f"no request of the last {counting.MOST_DAYS} days has a unit ({document.table.get('unit')}), and without "
            "units nothing can be compared: have callers send one"
        )
    if not is_running(folder):
        yield idle(folder)


def _begun(document: Rollout, warnings: list[str], running: bool, *, as_json: bool) -> None:
    if as_json:
        begun = Begun(document.id, document.route, document.control, document.candidate, running, warnings)
        terminal.json(begun)
        return
    out = terminal.console()
    terminal.line(out, f"{report.title(document)}: rollout {document.id} has begun.")
    terminal.line(out, f"It goes on by itself: {_stages(document)}.")
    out.print(terminal.table("", "", rows=report.commands(document), indent=2))


def _stages(document: Rollout) -> str:
    options = document.options
    gate = "the gate is skipped" if options.skip_gate else f"gate {options.gate}" if options.gate else "no gate"
    shadow = "no shadow"
    if options.skip_shadow is None and options.shadow_share:
        shadow = f"shadow of {words.count(options.shadow_min, 'pair')}"
    steps = ", ".join(words.percent(step) for step in options.steps)
    return f"preflight, {gate}, {shadow}, then {steps} of the units"


def _wait(document: Rollout, folder: Path, loaded: Loaded, *, writes: bool, as_json: bool) -> int:
    """Follow it on stderr; the result goes to stdout."""
    try:
        document = follow(folder, document, terminal.console(stderr=True))
    except KeyboardInterrupt:
        return left(document.route)
    with shelf(folder) as rollouts:
        last = rollouts.last_look(document)
    decision = document.decision
    assert decision is not None
    if as_json:
        terminal.json(Status(is_running(folder), [whole(document, last)]))
    else:
        report.show(terminal.console(), document, last, time.time_ns() // 1000, folder)
    if writes and decision.state == "promoted":
        click.echo(told(write(loaded, folder, document.route)), err=True)
    return decision.exit_code
