"""A run on the terminal: its verdict, its numbers, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ajar.cli import terminal
from ajar.evals.metrics import unit
from ajar.evals.reports.digits import level
from ajar.evals.reports.margin import words
from ajar.evals.reports.plain import ALONE, COLUMNS, rows
from ajar.evals.reports.summary import summary

if TYPE_CHECKING:
    from ajar.evals.folder import Folder
    from ajar.evals.result import ArmResult, Gate, Result, Timing, Verdict

_COLOURS: dict[Verdict, str] = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow", "COULD NOT RUN": "yellow"}
EXIT: dict[Verdict, int] = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 2, "COULD NOT RUN": 3}
"""How a gate's command ends."""


def show(folder: Folder, result: Result, timing: Timing, *, judged: bool = True) -> None:
    """Everything that fits a terminal; the rest is in the report. With `judged`, what it comes to as well."""
    out = terminal.console()
    about, arms = result.about, result.arms
    names = " against ".join(arm.target for arm in arms.values())
    repeats = "" if about.repeats == 1 else f", each {about.repeats} times"
    terminal.heading(out, f"{about.suite}: {names}")
    cases = f"{about.cases:,} {'case' if about.cases == 1 else 'cases'}"
    terminal.line(out, f"{cases}{repeats}; intervals of {level(about.confidence)}")
    out.print()
    columns = COLUMNS if "baseline" in arms else ALONE
    numbers = range(1, len(columns) - ("baseline" in arms))
    out.print(terminal.table(*columns, rows=rows(result, timing), numbers=numbers))
    for name, arm in arms.items():
        if deployments := answering(arm):
            terminal.line(out, f"{name}: answered by {deployments}")
        if arm.judge_calls:
            cost = "" if arm.judge_cost_usd is None else f", ${arm.judge_cost_usd:.4g}"
            terminal.line(out, f"{name}: judged by {', '.join(arm.judges)} in {arm.judge_calls:,} calls{cost}")
        for code, count in arm.errors.items():
            terminal.line(out, f"{name}: {count:,} of {arm.samples:,} samples ended in {code}")
    out.print()
    if judged and result.gate is not None:
        verdict(result.gate)
    elif judged:
        said = summary(result, timing)
        terminal.line(out, f"{said.word}. {said.why}")
    terminal.line(out, f"Report: {folder.report}")


def answering(arm: ArmResult) -> str:
    """Which deployments answered for a model; empty where none is named, or it is only the one that was asked."""
    if list(arm.deployments) in ([], [arm.target.removeprefix("deployment:")]):
        return ""
    return ", ".join(f"{deployment} ({count:,})" for deployment, count in arm.deployments.items())


def verdict(gate: Gate) -> None:
    """Each decision with its reason, and the one that follows."""
    for decision in gate.decisions:
        margin = words(decision.margin, unit(decision.metric))
        _colored(decision.verdict, f"  {decision.suite} · {decision.metric}, margin of {margin}: {decision.why}")
    if len(gate.decisions) > 1:
        _colored(gate.verdict, "  all in all")


def _colored(word: Verdict, rest: str) -> None:
    click.echo(click.style(word, fg=_COLOURS[word], bold=True) + rest)
