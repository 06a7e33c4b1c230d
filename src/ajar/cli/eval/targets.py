"""From what was typed to the models that are asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ajar.config.model import Price
from ajar.config.overlay import misfit
from ajar.config.problem import hint
from ajar.errors import ConfigError, StateError
from ajar.evals.run.target import Target
from ajar.evals.scorer import Judge
from ajar.store.revisions import Revisions
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from ajar.config.model import Config
    from ajar.evals.run.suite import Suite
    from ajar.evals.sample import Arm

_PREFIX = "deployment:"
_FREE = {"input": 0.0, "output": 0.0}


def targets(
    config: Config,
    on: str,
    against: str | None,
    *,
    base_url: str | None = None,
    against_base_url: str | None = None,
    key: str | None = None,
    against_key: str | None = None,
) -> dict[Arm, Target]:
    """The candidate, and the baseline where there is one.

    Without an address, names are routes and deployments of this config, asked through the Ajar that serves it; with
    one, they are what that endpoint calls its models. Keys are names of environment variables; the baseline has the
    candidate's only where it is asked at the same server. Raises ConfigError, also where both are the same.
    """
    candidate = _target(config, on, base_url, key)
    if against is None:
        return {"candidate": candidate}
    baseline = _target(config, against, against_base_url or base_url, None)
    if against_key is None and baseline.address()[0] == candidate.address()[0]:
        against_key = key
    baseline = _with_key(baseline, against_key)
    if (baseline.address(), baseline.model) == (candidate.address(), candidate.model):
        raise ConfigError(
            [f"`{on}` and `{against}` are one model at one address: name another to compare with (--against)"]
        )
    return {"candidate": candidate, "baseline": baseline}


def judge(config: Config, suite: Suite, *, base_url: str | None = None, key: str | None = None) -> Target | None:
    """Where the judges of this suite ask: this Ajar, unless there is an address. None where it has no judge.

    `key` is the name of an environment variable. Raises ConfigError.
    """
    if not any(isinstance(scorer, Judge) for at in range(suite.count) for scorer in suite.scorers(at).values()):
        return None
    if base_url is not None:
        return _with_key(Target(name="judges", base_url=base_url.rstrip("/")), key)
    return _with_key(Target(name="judges", base_url=_own_url(config), prices=prices(config)), key)


def key(name: str | None) -> str | None:
    """The key in this environment variable. Raises ConfigError where there is none."""
    if name is None:
        return None
    found = os.environ.get(name)
    if not found:
        raise ConfigError([f"the environment variable {name} is not set: it is to hold an API key"])
    return found


def _target(config: Config, name: str, base_url: str | None, variable: str | None) -> Target:
    if base_url is not None:
        return _with_key(Target(name=name, base_url=base_url.rstrip("/"), model=name), variable)
    model = _model(config, name)
    own = Target(name=name, base_url=_own_url(config), model=model, prices=prices(config), plan=_plan(config, model))
    return _with_key(own, variable)


def _with_key(target: Target, variable: str | None) -> Target:
    """With what the variable holds, and sound: its address will be written down and must hold no secret."""
    found = msgspec.structs.replace(target, key=key(variable))
    found.address()
    found.credential()
    return found


def _own_url(config: Config) -> str:
    host = config.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked here, not listened on
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{config.server.port}/v1"


def _model(config: Config, name: str) -> str:
    """What the front door calls it. Raises ConfigError where nothing has that name."""
    if name in config.routes:
        return name
    bare = name.removeprefix(_PREFIX)
    if bare in config.deployments:
        return _PREFIX + bare
    known = [*config.routes, *config.deployments]
    raise ConfigError([f"there is no route or deployment `{name}`; {hint(bare, known, 'those in the config')}"])


def _plan(config: Config, model: str) -> tuple[str, ...]:
    """A route's deployments as they are tried for an eval, which no experiment splits; empty where that is unknown."""
    route = config.routes.get(model)
    if route is None:
        return ()
    try:
        revision = Revisions(Path(config.server.state_dir)).get(model)
    except StateError:
        return ()
    now = route if revision is None or misfit(revision, config) else revision
    return (now.primary, *now.fallback)


def prices(config: Config) -> dict[str, Price]:
    """By deployment, what its config says; an unmetered one without a price costs nothing."""
    rows = providers()
    found: dict[str, Price] = {}
    for name, deployment in config.deployments.items():
        if deployment.price is not None:
            found[name] = deployment.price
        elif not rows[deployment.provider or deployment.runtime or ""].metered:
            found[name] = Price(**_FREE)
    return found
