"""Asking: a new run or one that goes on, from its first request to its end."""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

import click

from ajar.cli.eval import again
from ajar.cli.eval.progress import progress
from ajar.cli.eval.targets import judge, targets
from ajar.evals.run import runner
from ajar.evals.run.cache import Cache
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.options import RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.evals.gate.demand import Demand
    from ajar.evals.run.ending import RunEnd
    from ajar.evals.run.header import Header
    from ajar.evals.run.target import Target
    from ajar.evals.sample import Arm
    from ajar.evals.suite.suite import Suite

Wanted = tuple[Journal, "Mapping[Arm, Target]", RunOptions]
"""What a run consists of, besides its suite."""


def begun(
    config: Config,
    suite: Suite,
    path: Path,
    folder: Folder,
    given: Mapping[str, Any],
    asked: Sequence[Demand],
    known: tuple[Mapping[Arm, Target], Target | None] | None = None,
) -> Wanted:
    """A new run in this folder: of the models and the judge that are `known`, or else of those that were named."""
    arms, known_judge = (_arms(config, given), None) if known is None else known
    asked_judge = judge(config, suite, base_url=given["judge_base_url"], key=given["judge_api_key"])
    asked_judge = asked_judge and (known_judge or asked_judge)
    options = _options(given, given["repeats"], given["seed"], asked_judge)
    names = {
        "candidate": given["api_key"],
        "baseline": (given["against_api_key"] or given["api_key"]) if _keyed(arms.get("baseline")) else None,
        "judge": given["judge_api_key"],
    }
    now = header(
        suite,
        str(path.resolve()),
        arms,
        options,
        gate={demand.metric: demand.margin for demand in asked} or None,
        confidence=given["confidence"],
        keys={name: variable for name, variable in names.items() if variable is not None},
        allow=given["allow"],
    )
    return Journal.create(folder.journal, now), arms, options


def _arms(config: Config, given: Mapping[str, Any]) -> dict[Arm, Target]:
    return targets(
        config,
        given["on"],
        given["against"],
        base_url=given["base_url"],
        against_base_url=given["against_base_url"],
        key=given["api_key"],
        against_key=given["against_api_key"],
    )


def _keyed(target: Target | None) -> bool:
    return target is not None and target.key is not None


def resumed(suite: Suite, folder: Folder, was: Header, given: Mapping[str, Any]) -> Wanted:
    """A run that goes on in its folder."""
    arms, asked_judge = again.targets(was, given)
    options = _options(given, was.repeats, was.seed, asked_judge)
    journal = Journal.resume(folder.journal, header(suite, was.path, arms, options), retry_errors=options.retry_errors)
    return journal, arms, options


def _options(given: Mapping[str, Any], repeats: int, seed: int, asked_judge: Target | None) -> RunOptions:
    return RunOptions(
        repeats=repeats,
        seed=seed,
        judge=asked_judge,
        max_concurrency=given["max_concurrency"],
        retries=given["retries"],
        timeout_s=given["timeout"],
        breaker=given["breaker"],
        retry_errors=given["retry_errors"],
    )


def go(
    suite: Suite,
    folder: Folder,
    journal: Journal,
    arms: Mapping[Arm, Target],
    options: RunOptions,
    *,
    going_on: str,
    cache: Path | None = None,
) -> RunEnd:
    """Ask what is not answered yet.

    Says on standard error why not all of it is answered then, and how to go on: with the command `going_on`.
    """
    kept = Cache(cache) if cache is not None else None
    with closing(kept) if kept is not None else nullcontext(), progress(suite.name) as watch:
        end = runner.run(suite, arms, options, journal, watch, cache=kept)
    if not end.finished:
        click.echo(f"ajar: {end.why}", err=True)
        click.echo(
            f"ajar: {end.counts.done:,} of {end.counts.total:,} samples are kept in {folder.path}; go on with", err=True
        )
        click.echo(f"        {going_on}", err=True)
    return end


def stopped(folder: Folder, end: RunEnd) -> dict[str, Any]:
    """For programs: what became of a run that has not come to its end."""
    counts = end.counts
    ended = {"verdict": "COULD NOT RUN", "why": end.why, "done": counts.done, "total": counts.total}
    return {**ended, "folder": str(folder.path)}
