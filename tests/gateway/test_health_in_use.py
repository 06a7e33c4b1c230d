"""Breakers at work: what a route does while its deployments are ill."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from doubles.upstream import Reply, Upstream, answer, completion
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

FAILING = answer({"error": {"message": "down"}}, status=500)


def broken(serve: Callable[..., Service], upstream: Upstream, second: Upstream | None = None, **route: Any) -> Service:
    """A service whose first deployment's breaker is open."""
    service = serve(config(upstream, second, budget={"attempts": 1 if second is None else 2}, **route))
    upstream.default = FAILING
    for _ in range(6):
        service.chat()
    assert service.health.slot("a").state(time.monotonic()) == "open"
    upstream.seen.clear()
    return service


def test_an_open_breaker_is_passed_by(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    service = broken(serve, upstream, second)
    assert [service.chat().headers["x-ajar-deployment"] for _ in range(3)] == ["b"] * 3
    assert not upstream.seen


def test_where_all_are_ill_the_least_ill_is_asked_once(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = broken(serve, upstream)
    assert service.chat().status == 500
    assert len(upstream.seen) == 1
    upstream.default = answer(completion())
    assert service.chat().status == 200


def test_what_an_ill_one_cannot_be_asked_is_refused_at_once(serve: Callable[..., Service], upstream: Upstream) -> None:
    one = config(upstream, budget={"attempts": 1})
    one["deployments"]["a"] |= {"provider": "anthropic", "base_url": upstream.url}
    service = serve(one)
    upstream.default = FAILING
    for _ in range(6):
        service.chat()
    assert service.health.slot("a").state(time.monotonic()) == "open"
    began = time.monotonic()
    result = service.request("POST", "/v1/embeddings", {"model": "r", "input": "hi"})
    assert (result.status, result.json["error"]["code"]) == (404, "not_spoken")
    assert time.monotonic() - began < 0.5


def test_a_full_queue_of_an_ill_one_holds_up_nobody(serve: Callable[..., Service], upstream: Upstream) -> None:
    one = config(upstream, budget={"attempts": 1})
    one["deployments"]["a"] |= {"max_concurrent": 1, "queue": 0}
    service = serve(one)
    upstream.default = FAILING
    for _ in range(6):
        service.chat()
    upstream.default = Reply([b"", b"".join(answer(completion()).pieces)], pause=0.6)
    running = threading.Thread(target=service.chat)
    running.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert service.chat().status == 429
    assert service.request("GET", "/healthz").status == 200
    assert time.monotonic() - began < 0.3
    running.join(5)
