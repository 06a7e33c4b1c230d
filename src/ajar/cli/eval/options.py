"""Options that several commands have, and what they mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ajar.config.problem import hint
from ajar.evals.gate.demand import Demand, margin_of
from ajar.evals.metrics import MEASURES, PASSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ajar.evals.suite.suite import Suite

    Command = TypeVar("Command", bound=Callable[..., Any])

allow_option = click.option(
    "--allow-module",
    "allow",
    metavar="NAME",
    multiple=True,
    help="A Python module whose functions the suite's `python` scorers may call.",
)
"""`--allow-module`; the command gets it as `allow`."""

confidence_option = click.option(
    "--confidence",
    type=click.FloatRange(0.5, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    help="Of every interval. A gate's two-sided one: each side is missed with half of the rest.",
)
"""`--confidence`."""


def asking(command: Command) -> Command:
    """The options of a command that asks models."""
    for option in reversed(
        (
            click.option("--base-url", metavar="URL", help="An OpenAI-compatible API to ask instead of this Ajar."),
            click.option(
                "--against-base-url", metavar="URL", help="The baseline's, where it is another. [default: the same]"
            ),
            click.option(
                "--api-key", metavar="env:NAME", callback=_key, help="The environment variable with the endpoint's key."
            ),
            click.option(
                "--against-api-key",
                metavar="env:NAME",
                callback=_key,
                help="The baseline's. [default: the same, at the same server; else none]",
            ),
            click.option(
                "--judge-base-url", metavar="URL", help="Where the models of `rubric` are asked. [default: this Ajar]"
            ),
            click.option("--judge-api-key", metavar="env:NAME", callback=_key, help="The key for these."),
            click.option("--repeats", type=click.IntRange(1, 1000), default=1, show_default=True, help="Of each case."),
            click.option("--seed", type=click.IntRange(0, 2**53), default=0, help="Of the order of the cases."),
            click.option(
                "--max-concurrency",
                type=click.IntRange(1, 10_000),
                default=64,
                show_default=True,
                help="Requests at once. It starts with 8, and follows what the endpoint bears.",
            ),
            click.option(
                "--retries", type=click.IntRange(0, 100), default=3, show_default=True, help="Of one request, at most."
            ),
            click.option(
                "--timeout", type=click.FloatRange(0, min_open=True), default=600.0, help="Seconds for one request."
            ),
            click.option(
                "--breaker",
                type=click.IntRange(0, 10_000),
                default=10,
                show_default=True,
                help="Stop after so many equal errors in a row; 0 for never.",
            ),
            click.option("--retry-errors", is_flag=True, help="Ask again what ended in an error (with --resume)."),
        )
    ):
        command = option(command)
    return command


def _key(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The variable's name, which may be written down; what it holds is read where it is needed."""
    if value is None:
        return None
    if not value.startswith("env:"):
        raise click.BadParameter("write env:NAME, the name of the environment variable that holds the key")
    name = value[4:]
    if not os.environ.get(name):
        raise click.BadParameter(f"the environment variable {name} is not set")
    return name


def demands(suite: Suite, *, gate: bool, margins: Sequence[str]) -> list[Demand]:
    """What `--gate` and `--margin [METRIC=]MARGIN` demand of this suite. A metric that it has not is wrong usage."""
    if not margins:
        return [Demand(suite=suite.name, metric=PASSED, margin=0.0)] if gate else []
    found: dict[str, Demand] = {}
    for written in margins:
        metric, _, margin = written.rpartition("=")
        metric = metric or PASSED
        if metric in found:
            raise click.BadParameter(f"`{metric}` has two margins", param_hint="--margin")
        told = unknown(suite, [metric])
        if told is not None and "=" in metric:
            told = f"`{written}` has two `=`: write METRIC=MARGIN, such as {PASSED}=3%"
        if told is not None:
            raise click.BadParameter(told, param_hint="--margin")
        try:
            found[metric] = Demand(suite=suite.name, metric=metric, margin=margin_of(margin, metric))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--margin") from None
    return list(found.values())


def unknown(suite: Suite, metrics: Iterable[str]) -> str | None:
    """Which of the metrics no answer to this suite can have, in words; None where each may be there.

    Of a check's fields only the check is known before anything is answered.
    """
    whole, checks = {PASSED, *MEASURES}, set[str]()
    left = [metric for metric in metrics if metric not in whole]
    for index in range(suite.count):
        if not left:
            return None
        new = suite.scorers(index).keys() - checks
        if new:
            checks |= new
            left = [metric for metric in left if not any(_begins(metric, check) for check in new)]
    if not left:
        return None
    known = sorted(whole | checks)
    return f"suite `{suite.name}` has no metric `{left[0]}`; {hint(left[0], known, 'its metrics')}"


def _begins(metric: str, check: str) -> bool:
    return metric == check or metric.startswith(f"{check}.")


def runs_folder(state_dir: str) -> Path:
    """Where runs lie."""
    return Path(state_dir) / "evals"
