"""What each deployment of a config costs, as far as the config says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.config.model import Price
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from ajar.config.model import Config

_FREE = Price(input=0.0, output=0.0)


def prices(config: Config) -> dict[str, Price]:
    """By deployment; an unmetered one without a price costs nothing. Those whose price is not known are absent."""
    rows = providers()
    found: dict[str, Price] = {}
    for name, deployment in config.deployments.items():
        row = rows.get(deployment.provider or deployment.runtime or "")
        if deployment.price is not None:
            found[name] = deployment.price
        elif row is not None and not row.metered:
            found[name] = _FREE
    return found
