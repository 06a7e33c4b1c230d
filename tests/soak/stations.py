"""The deployments and routes of a soak, and the config that names them."""

from __future__ import annotations

import json
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from faults.cell import FRONTS, OTHER, deployment
from soak.teller import Book, Teller

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARE = 0.25
"""Of the requests to a faulty deployment that meet a fault; breakers live with it."""
_SHORT = {"connect_s": 5, "first_byte_s": 5, "gap_s": 5, "total_s": 20}
"""Longer than two cores need on which two workers, the steward and the runtime are started at once."""
_LONG = {"connect_s": 10, "first_byte_s": 30, "gap_s": 30, "total_s": 60}


@dataclass(frozen=True)
class Route:
    """`safe`: a caller must never see an error before content, for the first deployment is unmetered and there is a
    healthy fallback. `own`: a started runtime is among its deployments, which says what it likes. `narrow`: it has few
    places."""

    name: str
    plan: dict[str, Any]
    safe: bool = False
    own: bool = False
    narrow: bool = False


ROUTES = {
    route.name: route
    for route in (
        *(Route(f"safe-{f}", {"primary": f"own-{f}", "fallback": [f"well-{f}"]}, safe=True) for f in FRONTS),
        *(
            Route(
                f"crossed-{f}", {"primary": f"own-{f}", "fallback": [f"well-{OTHER[f]}"], "keepalive_s": 1}, safe=True
            )
            for f in FRONTS
        ),
        *(Route(f"billed-{f}", {"primary": f"metered-{f}", "fallback": [f"well-{f}"]}) for f in FRONTS),
        *(Route(f"alone-{f}", {"primary": f"own-{f}", "budget": {"seconds": 6}}) for f in FRONTS),
        Route("gone", {"primary": "gone", "fallback": ["well-openai-chat"], "bodies": "all"}, safe=True),
        Route("narrow", {"primary": "narrow"}, narrow=True),
        Route("runtime", {"primary": "runtime", "fallback": ["well-openai-chat"]}, safe=True, own=True),
    )
}
USUAL = [name for name, route in ROUTES.items() if not route.own]
"""The runtime is asked by few: it shares the machine with everything else."""


class Stations:
    """All upstreams, in this event loop. An async context manager."""

    def __init__(self, seed: int) -> None:
        self.book: Book = {}
        self._tellers = {name: self._teller(name, speech, share, seed) for name, speech, share in _names()}
        self._turn = 0

    def _teller(self, name: str, speech: str, share: float, seed: int) -> Teller:
        return Teller(speech, name=name, seed=seed, share=share, book=self.book)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        for teller in self._tellers.values():
            await self._stack.enter_async_context(teller)
        taken = self._stack.enter_context(socket.socket())  # a port that is taken, and on which nobody listens
        taken.bind(("127.0.0.1", 0))
        self._gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def faulty(self) -> list[Teller]:
        """Those that do wrong."""
        return [teller for teller in self._tellers.values() if teller.share]

    def hang_up(self) -> None:
        """Close the idle connections: what is open then belongs to somebody."""
        for teller in self._tellers.values():
            teller.hang_up()

    def config(self, *, good: bool = True) -> str:
        """A config that serves the same as the one before, and is not the same."""
        self._turn += 1
        deployments = {
            name: deployment(
                teller.format, teller.url, own=not name.startswith("metered"), limits=_SHORT if teller.share else _LONG
            )
            for name, teller in self._tellers.items()
        }
        deployments["gone"] = deployment("openai-chat", self._gone, own=True, limits=_LONG)
        deployments["narrow"] |= {"max_concurrent": 6, "queue": 4}
        deployments["runtime"] = {"runtime": "llama.cpp", "model": "ajar-triage-v2", "threads": 1}
        routes = {name: route.plan for name, route in ROUTES.items()}
        routes[f"turn-{self._turn % 3}"] = {"primary": "well-anthropic"}
        routes["safe-anthropic"] = {**routes["safe-anthropic"], "bodies": ("none", "all")[self._turn % 2]}
        server = {"max_body_mb": 32 + self._turn % 8, "workers": 2}
        text = _toml({"server": server, "deployments": deployments, "routes": routes})
        return text if good else text + '[routes.bad]\nprimry = "gone"\n'


def _names() -> Iterator[tuple[str, str, float]]:
    for front in FRONTS:
        yield f"own-{front}", front, SHARE
        yield f"metered-{front}", front, SHARE
        yield f"well-{front}", front, 0.0
    yield "narrow", "openai-chat", 0.0


def _toml(config: dict[str, Any]) -> str:
    lines = ["[server]", *(f"{key} = {_value(value)}" for key, value in config["server"].items())]
    for kind in ("deployments", "routes"):
        for name, table in config[kind].items():
            lines += [f"[{kind}.{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    return json.dumps(value)
