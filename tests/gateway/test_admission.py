"""How many inferences may run: at a deployment, and in a worker."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.conftest import config
from gateway.test_records import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Result, Service


def slow(seconds: float) -> Reply:
    """An answer that takes its time."""
    whole = b"".join(answer(completion()).pieces)
    return Reply([b"", whole], pause=seconds)


def together(service: Service, count: int, **fields: Any) -> list[Result]:
    """So many callers at once."""
    results: list[Result] = []
    threads = [threading.Thread(target=lambda: results.append(service.chat(**fields))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def limited(upstream: Upstream, second: Upstream | None = None, **limits: Any) -> dict[str, Any]:
    one = config(upstream, second)
    one["deployments"]["a"] |= limits
    return one


def most_at_once(upstream: Upstream) -> int:
    return upstream.connections  # each that runs at the same time has one of its own


def test_a_deployment_gets_no_more_than_it_may(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = slow(0.1)
    service = serve(limited(upstream, max_concurrent=2))
    results = together(service, 8)
    assert [result.status for result in results] == [200] * 8
    assert len(upstream.seen) == 8
    assert most_at_once(upstream) <= 2


def test_beyond_its_queue_the_next_one_is_asked(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = slow(0.3)
    service = serve(limited(upstream, second, max_concurrent=1, queue=1))
    results = together(service, 6)
    assert {result.status for result in results} == {200}
    assert len(upstream.seen) == 2
    assert len(second.seen) == 4


def test_where_nobody_is_left_the_caller_hears_when_to_come_back(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    upstream.default = slow(0.4)
    service = serve(limited(upstream, max_concurrent=1, queue=0))
    results = together(service, 4)
    assert sorted(result.status for result in results) == [200, 429, 429, 429]
    refused = next(result for result in results if result.status == 429)
    assert refused.json["error"]["code"] == "deployment_busy"
    assert int(refused.headers["retry-after"]) >= 1
    assert len(upstream.seen) == 1
    assert sorted(str(record.get("error")) for record in service.records()) == ["None", *["deployment_busy"] * 3]


def test_nobody_is_asked_once_the_time_ran_out_in_a_queue(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = slow(1.5)
    both = limited(upstream, second, max_concurrent=1, queue=4)
    both["routes"] |= {"hasty": {**both["routes"]["r"], "budget": {"seconds": 0.4}}}
    service = serve(both)
    first = threading.Thread(target=service.chat)
    first.start()
    assert wait_for(lambda: upstream.seen)
    results = together(service, 3, model="hasty")
    first.join(10)
    assert {(result.status, result.json["error"]["code"]) for result in results} == {(429, "deployment_busy")}
    assert all(int(result.headers["retry-after"]) >= 1 for result in results)
    assert not second.seen
    attempts = [record.get("attempts") for record in service.records() if record["route"] == "hasty"]
    assert attempts == [None] * 3


def test_a_caller_who_waits_and_leaves_gives_up_his_place(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = slow(0.5)
    service = serve(limited(upstream, max_concurrent=1, queue=1))
    first = threading.Thread(target=service.chat)
    first.start()
    assert wait_for(lambda: upstream.seen)
    body = b'{"model":"r","messages":[{"role":"user","content":"hi"}]}'
    with service.connect() as caller:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n"
        caller.sendall(head % len(body) + body)
        time.sleep(0.1)
    assert wait_for(lambda: [each for each in service.records() if each["status"] == 499])
    assert service.chat().status == 200, "the queue has room again"
    first.join(10)
    assert len(upstream.seen) == 2


def test_a_stream_holds_its_place_to_its_end(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = stream([chunk("a"), chunk("b"), chunk("c", "stop"), DONE], pause=0.1)
    service = serve(limited(upstream, max_concurrent=1))
    results = together(service, 3, stream=True)
    assert [result.body.count(b"[DONE]") for result in results] == [1, 1, 1]
    starts = sorted(record["time"] / 1e3 + record["attempts"][0]["start_ms"] for record in service.records())
    assert all(later - earlier >= 300 for earlier, later in pairwise(starts)), starts


def test_a_worker_takes_no_more_than_it_may(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = slow(0.4)
    service = serve({**config(upstream), "server": {"max_concurrent": 2}})
    results = together(service, 5)
    assert sorted(result.status for result in results) == [200, 200, 503, 503, 503]
    refused = next(result for result in results if result.status == 503)
    assert (refused.json["error"]["code"], refused.headers["retry-after"]) == ("overloaded", "1")
    assert service.chat().status == 200
