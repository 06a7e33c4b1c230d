"""`ajar drill`: a route rehearses the loss of a deployment."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ajar.cli import reading, terminal
from ajar.cli.eval.options import allow_option, confidence_option
from ajar.config import load as configs
from ajar.rollout.drills.loss import loss as lost
from ajar.store.revisions import Revisions
from ajar.traffic.filters import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

COULD_NOT_RUN = 3
_MARGIN = "3%"


def _key(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """The variable's name, which may be written down."""
    if value is None:
        return None
    if not value.startswith("env:"):
        raise click.BadParameter("write env:NAME, the name of the environment variable that holds the key")
    return value[4:]


def _time(_context: click.Context, _option: click.Parameter, value: str) -> int:
    try:
        return parse_time(value, time.time())
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("drill")
@click.argument("route")
@click.option(
    "--lose",
    metavar="DEPLOYMENT|provider:NAME",
    required=True,
    help="The deployment to do without; or all that the route has of a provider or a runtime.",
)
@click.option("--suite", type=click.Path(path_type=Path), metavar="FILE", help="Ask the cases of this suite.")
@click.option("--recorded", type=click.IntRange(1), metavar="N", help="Ask N recorded requests of the route.")
@click.option(
    "--since",
    metavar="TIME",
    callback=_time,
    default="7d",
    show_default=True,
    help="From an age such as 24h, or a time such as 2026-01-31T18:00.",
)
@click.option(
    "--margin",
    "margins",
    metavar="[METRIC=]MARGIN",
    multiple=True,
    help=f"How much worse it may get, as 0.03 or 3%, on `passed` or on METRIC. [default: {_MARGIN}]",
)
@confidence_option
@click.option(
    "--max-usd", type=click.FloatRange(0), metavar="USD", help="Do not begin, or stop, where it costs more than this."
)
@click.option("--report", type=click.Path(path_type=Path), metavar="FOLDER", help="Where the drill's files go.")
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Go on with the drill in FOLDER where it stopped.",
)
@click.option("--base-url", metavar="URL", help="The Ajar to ask. [default: the one of this config]")
@click.option("--api-key", metavar="env:NAME", callback=_key, help="The environment variable with a --direct key.")
@click.option("--judge-base-url", metavar="URL", help="Where the models of `rubric` are asked. [default: there too]")
@click.option("--judge-api-key", metavar="env:NAME", callback=_key, help="The key for these. [default: the same]")
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, help="Of what is drawn, and of the order.")
@click.option(
    "--max-concurrency",
    type=click.IntRange(1, 10_000),
    default=8,
    show_default=True,
    help="Requests at once, beside whatever else runs.",
)
@click.option("--retries", type=click.IntRange(0, 100), default=3, show_default=True, help="Of one request, at most.")
@click.option("--timeout", type=click.FloatRange(0, min_open=True), default=600.0, help="Seconds for one request.")
@click.option(
    "--breaker",
    type=click.IntRange(0, 10_000),
    default=10,
    show_default=True,
    help="Stop after so many equal errors of today's route in a row; 0 for never.",
)
@allow_option
@reading.config_option
@reading.state_option
@terminal.json_option
def drill(route: str, lose: str, config: Path | None, state_dir: Path | None, as_json: bool, **given: Any) -> int:
    """Rehearse on ROUTE the loss of a deployment: what would callers get tomorrow?

    Puts the same questions to the route as it is and with the lost deployments forbidden, and compares quality, latency
    and cost case by case. PASS (0) if it gets worse by less than the margin, FAIL (1), INCONCLUSIVE (2), could not run
    (3). A question that nobody answers any more fails all its checks; a route with nothing left fails at once.

    \b
      ajar drill support-triage --lose gpt --suite refunds.yaml
      ajar drill support-triage --lose provider:openai --recorded 300
    """
    # numpy's algebra starts a thread for each core as it is loaded, and they spin: nothing here is large enough.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if (given["suite"] is None) == (given["recorded"] is None):
        raise click.UsageError("name the questions: either --suite FILE, or --recorded N of the route's own requests")
    from ajar.cli import rehearsal

    found = configs.load(configs.find(config)).config
    state = state_dir or Path(found.server.state_dir)
    loss = lost(found, route, lose, Revisions(state).get(route))
    if not loss.left:
        return rehearsal.nothing_left(found, loss, given, as_json=as_json)
    plan = rehearsal.plan(found, state, loss, given)
    words = ["ajar", "drill", route, "--lose", lose, *_again(given, config, state_dir)]
    going_on = shlex.join([*words, "--resume", str(plan.folder.path)])
    if not rehearsal.ask(found, loss, plan, given, going_on, as_json=as_json):
        return COULD_NOT_RUN
    return rehearsal.finish(plan, loss, given["confidence"], as_json=as_json)


def _again(given: Mapping[str, Any], config: Path | None, state_dir: Path | None) -> list[str]:
    """What a drill that goes on must be told anew."""
    words = ["--suite", str(given["suite"])] if given["suite"] is not None else ["--recorded", str(given["recorded"])]
    named = {"base-url": given["base_url"], "judge-base-url": given["judge_base_url"], "max-usd": given["max_usd"]}
    named |= {"config": config, "state-dir": state_dir}
    for name, value in named.items():
        words += [] if value is None else [f"--{name}", str(value)]
    for name in ("api_key", "judge_api_key"):
        words += [] if given[name] is None else [f"--{name.replace('_', '-')}", f"env:{given[name]}"]
    for module in given["allow"]:
        words += ["--allow-module", module]
    return words
