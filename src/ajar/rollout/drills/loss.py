"""What a route loses in a drill, and what it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ajar.config.overlay import in_order, misfit
from ajar.config.problem import hint, quoted, shortened
from ajar.errors import ConfigError

if TYPE_CHECKING:
    from ajar.config.model import Config, Deployment
    from ajar.config.revision import Revision

PROVIDER: Final = "provider:"
"""What stands before a provider's, or a runtime's, name."""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """`lost` and `left` are the route's deployments, in its order, of which `first` is asked first today."""

    route: str
    first: str
    lost: tuple[str, ...]
    left: tuple[str, ...]


def loss(config: Config, route: str, lose: str, revision: Revision | None = None) -> Loss:
    """What it means to lose `lose`, a deployment or `provider:NAME`, on this route as it is in force.

    `revision` is the route's, if it has one. Raises ConfigError where there is no such route, or nothing of it to lose.
    """
    table = config.routes.get(route)
    if table is None:
        known = hint(route, config.routes, "the routes")
        raise ConfigError([f"there is no route {quoted(shortened(route))}; {known}"])
    holds = revision is not None and not misfit(revision, config)
    order = in_order(table, revision if holds else None)
    if lose.startswith(PROVIDER):
        provider = lose.removeprefix(PROVIDER)
        lost = tuple(name for name in order if _at(config.deployments[name]) == provider)
    else:
        lost = tuple(name for name in order if name == lose)
    if not lost:
        raise ConfigError([_not_there(config, route, order, lose)])
    return Loss(route=route, first=order[0], lost=lost, left=tuple(name for name in order if name not in lost))


def nothing_left(config: Config, loss: Loss) -> str:
    """Why a route without `loss` answers nobody, and what to add, in a sentence."""
    had = " and ".join(f"`{name}` ({_at(config.deployments[name])})" for name in loss.lost)
    gone = {_at(config.deployments[name]) for name in loss.lost}
    others = [name for name in config.deployments if name not in loss.lost]
    others.sort(key=lambda name: _at(config.deployments[name]) in gone)
    if others:
        example = f'such as `fallback = ["{others[0]}"]`, which the config has already'
    else:
        example = "with a `[deployments.NAME]` of its own"
    return (
        f"route `{loss.route}` has only {had}: without {'it' if len(loss.lost) == 1 else 'them'} nobody is answered; "
        f"add a deployment of another family to its `fallback`, {example}"
    )


def _at(deployment: Deployment) -> str:
    return deployment.provider or deployment.runtime or ""


def _not_there(config: Config, route: str, order: tuple[str, ...], lose: str) -> str:
    has = f"route {quoted(route)} has {', '.join(f'`{name}`' for name in order)}"
    providers = list(dict.fromkeys(_at(config.deployments[name]) for name in order))
    if lose.startswith(PROVIDER):
        name = lose.removeprefix(PROVIDER)
        return f"{has}, and nothing of {quoted(shortened(name))}; {hint(name, providers, 'its providers')}"
    if lose in providers:
        return f"{has}; {quoted(lose)} is a provider: write {PROVIDER}{lose} to lose all of it"
    return f"{has}, and no {quoted(shortened(lose))}; {hint(lose, order, 'its deployments')}"
