"""What can be known of a candidate before it answers anything: from the config, and from the route's recorded traffic.

A `fail` keeps the rollout from going on, or somebody gives a reason to go on all the same; a `warning` is only said.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from ajar.config.facts import is_started, paths_of, row_of
from ajar.errors import AjarError, StateError
from ajar.rollout.carrying import carrying
from ajar.rollout.document import Finding
from ajar.rollout.prices import prices
from ajar.rollout.usage import used
from ajar.runtimes.models import SHIPPED_CONTEXT, shipped
from ajar.runtimes.registry import DEFAULT_CONTEXT
from ajar.traffic.health import HealthFile, is_served
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ajar.config.model import Config, Deployment, Route
    from ajar.config.snapshot import Snapshot
    from ajar.rollout.usage import Used

DAYS: Final = 7
_DAY_US: Final = 86_400_000_000
_FEW: Final = 0.01
"""A share of the requests that a warning will do for."""
_TRANSLATED: Final = frozenset({"openai-chat", "openai-responses", "anthropic"})
_PATHS: Final = {"count_tokens": "anthropic-count", "compact": "openai-responses-compact"}
_NAMES: Final = {"chat": "openai-chat", "responses": "openai-responses", "messages": "anthropic"}


def preflight(snapshot: Snapshot, state_dir: Path, route: str, control: str, candidate: str, now: int) -> list[Finding]:
    """Everything that is asked, in order. `now` is in microseconds since 1970 UTC."""
    config = snapshot.config
    found = [_there(config, control, candidate)]
    if found[0].verdict == "fail":
        return found
    found.append(_up(snapshot, candidate))
    found.append(_health(state_dir, candidate))
    try:
        traffic = used(state_dir, route, now - DAYS * _DAY_US)
    except (AjarError, OSError) as error:
        found.append(Finding("traffic", "unknown", f"the route's recorded traffic cannot be read: {error}"))
        traffic = None
    if traffic is not None:
        deployment = config.deployments[candidate]
        found.append(_traffic(traffic))
        found.append(_context(deployment, traffic))
        found += _operations(candidate, deployment, traffic)
        found.append(carrying(config.deployments[candidate], config.routes[route], traffic))
    found.append(_price(config, control, candidate))
    found += _unit(config.routes[route], traffic)
    found.append(Finding("policy", "unknown", "no policy: this Ajar has none to ask"))
    return found


def failures(found: list[Finding]) -> str:
    """What keeps the rollout from going on, in words; empty where nothing does."""
    return "; ".join(f"{one.name}: {one.why}" for one in found if one.verdict == "fail")


def is_starting(snapshot: Snapshot, candidate: str) -> bool:
    """Whether the candidate's server is Ajar's to start, and is not up now."""
    deployment = snapshot.config.deployments.get(candidate)
    return deployment is not None and is_started(deployment) and candidate not in snapshot.endpoints


def _there(config: Config, control: str, candidate: str) -> Finding:
    if candidate not in config.deployments:
        return Finding("candidate", "fail", f"no deployment is called {candidate}")
    if candidate == control:
        return Finding("candidate", "fail", f"{candidate} answers this route already")
    return Finding("candidate", "ok", f"{candidate} is to take the place of {control}")


def _up(snapshot: Snapshot, candidate: str) -> Finding:
    deployment = snapshot.config.deployments[candidate]
    if not is_started(deployment):
        return Finding("server", "ok", "it is reached at its own address; Ajar does not start it")
    if is_starting(snapshot, candidate):
        return Finding("server", "fail", "its server is not up: see what the log of `ajar serve` says of it")
    return Finding("server", "ok", "its server is up")


def _health(state_dir: Path, candidate: str) -> Finding:
    path = state_dir / "run" / "health"
    try:
        if not is_served(path):
            return Finding("health", "unknown", "no running Ajar tells how it is")
        file = HealthFile(path, writable=False)
    except (OSError, StateError) as error:
        return Finding("health", "unknown", f"{path} cannot be read: {error}")
    with suppress(ValueError):
        slot = file.names.present().get(candidate)
        state = None if slot is None else file.vitals(slot).standing.state(monotonic())
        file.close()
        if state is None:
            return Finding("health", "unknown", "nothing was asked of it yet")
        if state != "closed":
            return Finding("health", "fail", f"its circuit breaker is {state}: it failed just now")
        return Finding("health", "ok", "nothing is wrong with it as far as is known")
    return Finding("health", "unknown", "it cannot be told how it is")


def _traffic(traffic: Used) -> Finding:
    if not traffic.requests:
        return Finding("traffic", "warning", f"the route had no requests in the last {DAYS} days: a rollout needs some")
    return Finding("traffic", "ok", f"{traffic.requests:,} requests in the last {DAYS} days")


def context_of(deployment: Deployment) -> int | None:
    """How many tokens fit into one request and its answer; None where that is not known."""
    if deployment.context is not None or not is_started(deployment):
        return deployment.context
    return SHIPPED_CONTEXT if deployment.model in shipped() else DEFAULT_CONTEXT


def _context(deployment: Deployment, traffic: Used) -> Finding:
    context = context_of(deployment)
    if traffic.longest is None:
        return Finding("context", "unknown", "no recorded request says how many tokens it took")
    if context is None:
        said = f"requests took up to {traffic.longest:,} tokens, and how many the candidate takes is not known"
        return Finding("context", "unknown", said)
    over = traffic.longer_than(context)
    if not over:
        return Finding("context", "ok", f"requests took up to {traffic.longest:,} tokens of {context:,}")
    share = over / traffic.counted
    said = (
        f"{over:,} requests ({share:.1%}) took more than the candidate's {context:,} tokens, up to {traffic.longest:,}"
    )
    return Finding("context", "warning" if share < _FEW else "fail", said)


def _operations(name: str, deployment: Deployment, traffic: Used) -> Iterator[Finding]:
    row = row_of(deployment, providers())
    if row is None:
        yield Finding("formats", "unknown", f"nothing is known of what {name} speaks")
        return
    paths = set(paths_of(deployment, row))
    speaks = bool(paths & {"openai-chat", "openai-responses", "anthropic", "gemini", "bedrock"})
    for operation, count in sorted(traffic.operations.items()):
        front = _NAMES.get(operation, operation)
        if front in paths:
            yield Finding("formats", "ok", f"{count:,} × {operation}: the candidate speaks it itself")
        elif front in _TRANSLATED and speaks:
            yield Finding("formats", "ok", f"{count:,} × {operation}: it is translated for the candidate")
        elif _PATHS.get(operation) in paths:
            yield Finding("formats", "ok", f"{count:,} × {operation}: the candidate has it")
        else:
            share = count / max(traffic.requests, 1)
            verdict = "warning" if share < _FEW else "fail"
            yield Finding("formats", verdict, f"{count:,} × {operation}: the candidate's API has nothing of the kind")


def _price(config: Config, control: str, candidate: str) -> Finding:
    known = prices(config)
    missing = [name for name in (control, candidate) if name not in known]
    if missing:
        return Finding("price", "unknown", f"the config has no `price` for {' and '.join(missing)}")
    ours, theirs = known[control], known[candidate]
    paid = f"${theirs.input:g} / ${theirs.output:g} per million tokens in and out"
    beside = f"instead of ${ours.input:g} / ${ours.output:g}"
    before, after = ours.input + ours.output, theirs.input + theirs.output
    times = f", {after / before:.2g} times as much" if before else ""
    return Finding("price", "ok", f"{paid}, {beside}{times}")


def _unit(route: Route, traffic: Used | None) -> Iterator[Finding]:
    if traffic is None or not traffic.requests:
        return
    share = traffic.without_unit / traffic.requests
    if share > 0:
        said = f"{share:.1%} of the requests have no unit ({route.unit}): they stay with the control and tell nothing"
        yield Finding("unit", "fail" if share == 1 else "warning", said)
    else:
        yield Finding("unit", "ok", f"all requests have a unit ({route.unit})")
