"""A service whose route is copied to a candidate, and what it said to the steward."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.revision import Copying, Revision
from ajar.traffic.answers import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Service
    from doubles.upstream import Upstream

_decode = msgspec.msgpack.Decoder(Said).decode


def copying(share: float = 1.0, experiment: str = "x1", number: int = 1) -> dict[str, Revision]:
    """Route `r` stays with `a`, and a share of it is copied to `c`."""
    revision = Revision(
        route="r",
        number=number,
        base="",
        time=1,
        by="test",
        why="test",
        primary="a",
        copying=Copying(experiment, "c", share),
    )
    return {"r": revision}


def config(live: Upstream, candidate: Upstream, **options: Any) -> dict[str, Any]:
    """Route `r` over `a`; `c` is the candidate. `live`, `candidate` and `route` add to the tables."""
    tables = {
        name: {"provider": "vllm", "base_url": upstream.url, "model": f"model-{name}", **options.get(name, {})}
        for name, upstream in (("a", live), ("c", candidate))
    }
    return {"deployments": tables, "routes": {"r": {"primary": "a", **options.get("route", {})}}}


class Steward:
    """The end of the way that answers take."""

    def __init__(self) -> None:
        self.sending, self.receiving = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.receiving.settimeout(5)

    def said(self, count: int) -> list[Said]:
        """The next messages."""
        return [_decode(self.receiving.recv(2**22)) for _ in range(count)]

    def is_silent(self) -> bool:
        """Whether nothing comes for a while."""
        self.receiving.settimeout(0.2)
        try:
            return not self.receiving.recv(2**22)
        except TimeoutError:
            return True


def stewards() -> Iterator[Steward]:
    """One, for as long as a test runs."""
    steward = Steward()
    yield steward
    steward.sending.close()
    steward.receiving.close()


def wait_for(check: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What `check` says once it is true."""
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert value
    return value


def outcomes(service: Service) -> dict[str, int]:
    """How often each outcome of copies was counted."""
    found = re.findall(rb'^ajar_shadow_total\{outcome="(\w+)"\} (\d+)', service.exposition(), re.MULTILINE)
    return {name.decode(): int(count) for name, count in found}


def copies(service: Service) -> list[dict[str, Any]]:
    """The records of copies."""
    return [record for record in service.records() if record["purpose"] == "shadow"]
