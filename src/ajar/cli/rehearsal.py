"""A drill from its questions to its verdict, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec
from click.core import ParameterSource

from ajar.cli import terminal
from ajar.cli.eval.asked import stopped
from ajar.cli.eval.options import demands
from ajar.cli.eval.progress import progress
from ajar.cli.eval.tables import EXIT, verdict
from ajar.cli.eval.targets import judge, targets
from ajar.errors import StateError
from ajar.evals import folder as folders
from ajar.evals.folder import Folder
from ajar.evals.gate.demand import Demand, margin_of
from ajar.evals.metrics import PASSED
from ajar.evals.reports.digits import level
from ajar.evals.reports.plain import rows
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.lines import read_header
from ajar.evals.run.options import RunOptions
from ajar.rollout.drills import source as sources
from ajar.rollout.drills.door import knock
from ajar.rollout.drills.estimate import estimate, refuse_dear
from ajar.rollout.drills.findings import conclude, lost_all, names
from ajar.rollout.drills.loss import nothing_left as no_fallback
from ajar.rollout.drills.words import lines
from ajar.rollout.drills.work import Rehearsal, rehearse
from ajar.rollout.prices import prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ajar.config.model import Config
    from ajar.evals.result import Result, Timing
    from ajar.evals.run.header import Header
    from ajar.evals.run.target import Target
    from ajar.evals.sample import Arm
    from ajar.evals.suite.suite import Suite
    from ajar.rollout.drills.findings import Findings
    from ajar.rollout.drills.loss import Loss
    from ajar.rollout.drills.source import Source

MARGIN = "3%"
"""By how much less may pass, where nobody says otherwise."""
_HELD = {"margins": "--margin", "confidence": "--confidence", "seed": "--seed", "since": "--since"}
"""What holds again in a drill that goes on."""
_COLUMNS = ("metric", "without", "today", "difference", "interval", "cases", "reading")


class Plan(NamedTuple):
    """What is asked, and where the drill's files go. `was` is the header of one that goes on."""

    source: Source
    folder: Folder
    demands: list[Demand]
    was: Header | None


def nothing_left(config: Config, loss: Loss, given: Mapping[str, Any], *, as_json: bool) -> int:
    """The verdict on a route that has nothing left; the exit code."""
    folder = None if given["report"] is None else folders.chosen(given["report"])
    gate = lost_all(folder, loss, no_fallback(config, loss), PASSED, margin_of(MARGIN, PASSED))
    if as_json:
        terminal.json({"gate": gate, "drill": {"loss": loss}})
    else:
        click.echo(f"{click.style(gate.verdict, fg='red', bold=True)}  {gate.decisions[0].why}")
    return EXIT[gate.verdict]


def plan(config: Config, state: Path, loss: Loss, given: Mapping[str, Any]) -> Plan:
    """What is to be asked: anew, or by a drill that goes on. Raises AjarError."""
    suite, route = given["suite"], loss.route
    if given["resume"] is not None:
        _refuse_other()
        folder = Folder(given["resume"])
        was = read_header(folder.journal)
        source = (
            sources.once_more(state, config, route, folder)
            if suite is None
            else sources.of_suite(suite, route, given["allow"])
        )
        name = source.questions.suite.name
        demands = [Demand(suite=name, metric=metric, margin=margin) for metric, margin in (was.gate or {}).items()]
        return Plan(source, folder, demands, was)
    if suite is not None:
        source = sources.of_suite(suite, route, given["allow"])
    else:
        source = sources.of_traffic(state, config, route, given["recorded"], given["since"], given["seed"])
    report = given["report"]
    if report is None:
        folder = folders.new(state / "drills", f"{route}-without-{'-'.join(loss.lost)}")
    else:
        folder = folders.chosen(report)
    if folder.journal.exists():
        raise StateError(f"{folder.path} holds a drill already: go on with it (--resume), or name another folder")
    return Plan(source, folder, _demands(source.questions.suite, given["margins"]), None)


def _demands(suite: Suite, margins: Sequence[str]) -> list[Demand]:
    """Those that were named, and always one on `passed`: a route that answers nothing is fast and cheap."""
    named = demands(suite, gate=False, margins=margins)
    if any(demand.metric == PASSED for demand in named):
        return named
    return [*demands(suite, gate=True, margins=[MARGIN]), *named]


def _refuse_other() -> None:
    context = click.get_current_context()
    for name, option in _HELD.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{option}: what the drill was begun with holds again; leave the option out")


def ask(config: Config, loss: Loss, plan: Plan, given: Mapping[str, Any], going_on: str, *, as_json: bool) -> bool:
    """Ask what is to be asked; whether all of it is answered."""
    arms, judge = _arms(config, loss, plan, given)
    known = prices(config)
    cost = estimate(plan.source.questions, loss, known)
    refuse_dear(cost, loss, known, given["max_usd"])
    knock(arms["baseline"], loss)
    click.echo(f"ajar: {plan.source.questions.suite.count:,} questions: {cost.words()}", err=True)
    options = RunOptions(
        seed=given["seed"] if plan.was is None else plan.was.seed,
        judge=judge,
        max_concurrency=given["max_concurrency"],
        retries=given["retries"],
        timeout_s=given["timeout"],
        breaker=given["breaker"],
        retry_errors=True,
    )
    now = header(
        plan.source.questions.suite,
        plan.source.path,
        arms,
        options,
        gate={demand.metric: demand.margin for demand in plan.demands},
        confidence=given["confidence"],
        allow=given["allow"],
    )
    if plan.was is None:
        journal = Journal.create(plan.folder.journal, now)
        plan.source.keep(plan.folder)
    else:
        journal = Journal.resume(plan.folder.journal, now, retry_errors=True)
    what = Rehearsal(plan.source.questions, arms, loss.lost, options, journal, given["max_usd"])
    try:
        with progress(plan.source.questions.suite.name) as watch:
            end = rehearse(what, watch)
    except KeyboardInterrupt:
        click.echo(f"ajar: stopped by Ctrl-C; what is done is kept; go on with\n        {going_on}", err=True)
        raise
    if end.finished:
        return True
    click.echo(f"ajar: {end.why}", err=True)
    done = f"{end.counts.done:,} of {end.counts.total:,} answers are kept; go on with"
    click.echo(f"ajar: {done}\n        {going_on}", err=True)
    if as_json:
        terminal.json(stopped(plan.folder, end))
    return False


def _arms(config: Config, loss: Loss, plan: Plan, given: Mapping[str, Any]) -> tuple[dict[Arm, Target], Target | None]:
    """The route twice, and where judges are asked. Raises ConfigError."""
    base_url, key = given["base_url"], given["api_key"]
    asked = targets(config, loss.route, None, base_url=base_url, key=key)["candidate"]
    after, today = (msgspec.structs.replace(asked, name=name, prices=prices(config)) for name in names(loss))
    at = given["judge_base_url"]
    judging = judge(
        config,
        plan.source.questions.suite,
        base_url=at or base_url,
        key=given["judge_api_key"] or (key if at is None else None),
    )
    return {"candidate": after, "baseline": today}, judging


def finish(plan: Plan, loss: Loss, confidence: float, *, as_json: bool) -> int:
    """Work out what was found, write it, print it; the exit code."""
    confidence = confidence if plan.was is None else plan.was.confidence
    drawn = plan.source.drawn
    left_out = {} if drawn is None else drawn.left_out
    suite = plan.source.questions.suite
    result, timing, found = conclude(plan.folder, suite, loss, confidence, plan.demands, left_out)
    assert result.gate is not None
    if as_json:
        drilled = msgspec.to_builtins(found)
        terminal.json({**msgspec.to_builtins(result), "drill": drilled, "folder": str(plan.folder.path)})
    else:
        _show(plan.folder, result, timing, found)
    return EXIT[result.gate.verdict]


def _show(folder: Folder, result: Result, timing: Timing, found: Findings) -> None:
    out = terminal.console()
    about, loss = result.about, found.loss
    terminal.heading(out, f"Drill: {loss.route} without {' and '.join(loss.lost)}")
    terminal.line(out, f"{about.cases:,} questions of {about.suite}; intervals of {level(about.confidence)}")
    out.print()
    out.print(terminal.table(*_COLUMNS, rows=rows(result, timing), numbers=range(1, 6)))
    for line in lines(result, found):
        terminal.line(out, line)
    out.print()
    if result.gate is not None:
        verdict(result.gate)
    terminal.line(out, f"Report: {folder.report}")
