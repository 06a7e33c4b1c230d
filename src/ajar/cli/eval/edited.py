"""What a gate's file says otherwise than when the run that goes on was begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from ajar.evals.gate.demand import Demand
    from ajar.evals.gate.file import GatePlan
    from ajar.evals.run.header import Header


def edited(file: Path, plan: GatePlan, headers: Collection[Header], suites: Mapping[str, Sequence[Demand]]) -> None:
    """Say on standard error which models the file names now, and what it does not demand any more, by suite.

    `headers` are those of the suites that were begun. Margins that are new or others are told when each goes on.
    """
    _models(file, plan, next(iter(headers)))
    for was in headers:
        if was.suite not in suites:
            _say(f"suite `{was.suite}` is in this run, but not in {file} any more: the verdict is without it")
            continue
        now = {demand.metric for demand in suites[was.suite]}
        for metric, margin in (was.gate or {}).items():
            if metric not in now:
                begun = f"`{was.suite}` was begun with a margin of {margin:g} on `{metric}`"
                _say(f"{begun}, which is not in {file} any more: the verdict is without it")


def _models(file: Path, plan: GatePlan, was: Header) -> None:
    """Those of the run hold."""
    baseline = was.targets.get("baseline")
    for word, now, before in (
        ("on", plan.on, was.targets["candidate"].name),
        ("against", plan.against, None if baseline is None else baseline.name),
    ):
        if now is not None and now != before:
            _say(f"{file} says `{word}: {now}`, but this run was begun with `{before}` and goes on with it")


def _say(text: str) -> None:
    click.echo(f"ajar: {text}", err=True)
