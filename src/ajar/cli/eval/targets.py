"""From what was typed to the models that are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.config.model import Price
from ajar.config.problem import hint
from ajar.errors import ConfigError
from ajar.evals.run.target import Target
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from ajar.config.model import Config
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
) -> dict[Arm, Target]:
    """The candidate, and the baseline where there is one.

    Without an address, names are routes and deployments of this config, asked through the Ajar that serves it; with
    one, they are what that endpoint calls its models. Raises ConfigError.
    """
    found: dict[Arm, Target] = {"candidate": _target(config, on, base_url, key)}
    if against is not None:
        found["baseline"] = _target(config, against, against_base_url or base_url, key)
    return found


def _target(config: Config, name: str, base_url: str | None, key: str | None) -> Target:
    if base_url is not None:
        return Target(name=name, base_url=base_url.rstrip("/"), model=name, key=key)
    host = config.server.host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked here, not listened on
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{config.server.port}/v1"
    return Target(name=name, base_url=url, model=_model(config, name), key=key, prices=prices(config))


def _model(config: Config, name: str) -> str:
    """What the front door calls it. Raises ConfigError where nothing has that name."""
    if name in config.routes:
        return name
    bare = name.removeprefix(_PREFIX)
    if bare in config.deployments:
        return _PREFIX + bare
    known = [*config.routes, *config.deployments]
    raise ConfigError([f"there is no route or deployment `{name}`; {hint(bare, known, 'those in the config')}"])


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
