"""Where requests go: one model at one endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.model import Price
from ajar.errors import ConfigError
from ajar.upstream.origin import parse_base_url

if TYPE_CHECKING:
    from ajar.upstream.origin import Origin


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """A target without its key: what a journal tells of it."""

    name: str
    base_url: str
    model: str
    prices: dict[str, Price] = {}
    plan: tuple[str, ...] = ()


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One model as a run asks it.

    `base_url` is where a Chat Completions API begins, such as `http://127.0.0.1:4000/v1`. `model` is a route,
    `deployment:NAME`, or whatever the endpoint calls it; empty for an endpoint of judges, whose requests name their
    own. `prices` are by the deployment that an answer names, and under "" for all others. `plan` has the deployments of
    a route in the order in which they are tried, where that is known.
    """

    name: str
    base_url: str
    model: str = ""
    key: str | None = None
    prices: dict[str, Price] = {}
    plan: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Target({self.name!r}, {self.base_url!r}, {self.model!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Without the key, too."""
        return [("name", self.name), ("base_url", self.base_url), ("model", self.model)]

    def aim(self) -> Aim:
        """What may be written down of it."""
        return Aim(name=self.name, base_url=self.base_url, model=self.model, prices=self.prices, plan=self.plan)

    def price(self, deployment: str | None) -> Price | None:
        """What an answer of this deployment costs; None where that is not known."""
        return self.prices.get(deployment or "") or self.prices.get("")

    def credential(self) -> str:
        """The key as a header holds it; empty where there is none. Raises ConfigError."""
        key = self.key or ""
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ConfigError(
                [f"{self.name}: its key holds a blank or another character that no key has: give it anew"]
            )
        return key

    def address(self) -> tuple[Origin, str]:
        """The server, and the path that its API begins with. Raises ConfigError."""
        try:
            return parse_base_url(self.base_url)
        except ValueError as error:
            raise ConfigError([f"{self.name}: {error}"]) from None
