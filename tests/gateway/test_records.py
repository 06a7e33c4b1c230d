"""Every inference has its record: before its answer is finished, and also when the caller leaves."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from ajar.domain.ids import uuid7_millis
from doubles.upstream import DONE, Reply, Upstream, chunk, stream
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

BODY = b'{"model":"r","stream":%b,"messages":[]}'


def send(service: Service, streamed: bytes) -> Any:
    caller = service.connect()
    body = BODY % streamed
    caller.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body))
    caller.sendall(body)
    return caller


def wait_for(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert value
    return value


def test_a_record_of_an_answer(service: Service) -> None:
    before = time.time()
    service.chat()
    record = service.records()[0]
    assert before - 1 < record["time"] / 1e6 < time.time() + 1
    assert abs(uuid7_millis(record["id"]) / 1000 - record["time"] / 1e6) < 1
    assert record["id"][14] == "7"
    assert record["upstream_model"] == "upstream-model-1"
    assert (record["route"], record["deployment"], record["caller"]) == ("r", "a", "local")
    assert (record["status"], record["stream"], record["finish_reason"]) == (200, False, "stop")
    assert record["usage"] == {"input_tokens": 5, "output_tokens": 2}
    assert 0 < record["ttfb_ms"] <= record["total_ms"]
    assert len(record["attempts"]) == 1
    assert "request" not in record


def test_the_record_is_there_before_the_answer_is_finished(service: Service, upstream: Upstream) -> None:
    upstream.default = stream([chunk("a", "stop"), DONE])
    for number in range(1, 30):
        assert service.chat(stream=bool(number % 2)).status == 200
        assert len(service.records()) == number


def test_bodies_are_kept_where_the_route_says_so(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(config(upstream, bodies="all"))
    result = service.chat()
    record = service.records()[0]
    assert '"content": "hi"' in record["request"]
    assert record["response"].encode() == result.body
    upstream.default = stream([chunk("a", "stop"), DONE])
    result = service.chat(stream=True)
    assert service.records()[1]["response"].encode() == result.body


def test_a_caller_who_leaves_before_the_answer(service: Service, upstream: Upstream) -> None:
    upstream.default = Reply([], hang_s=5)
    caller = send(service, b"false")
    assert wait_for(lambda: upstream.seen)
    caller.close()
    left = time.monotonic()
    assert wait_for(lambda: upstream.hung_up)
    assert upstream.hung_up[0] - left < 0.25
    record = wait_for(service.records)[0]
    assert (record["status"], record["error"]) == (499, "caller_left")
    assert record["attempts"][0]["error"] == "caller_left"


def test_a_caller_who_leaves_a_stream(service: Service, upstream: Upstream) -> None:
    upstream.default = stream([chunk("a"), chunk("b")], cut=True)
    upstream.default.close, upstream.default.hang_s = False, 5
    caller = send(service, b"true")
    while b'"b"' not in caller.recv(65536):
        pass
    caller.close()
    left = time.monotonic()
    assert wait_for(lambda: upstream.hung_up)
    assert upstream.hung_up[0] - left < 0.25
    record = wait_for(service.records)[0]
    assert (record["status"], record["upstream_model"]) == (499, "upstream-model-1")


def test_an_answer_without_a_record_is_not_finished(service: Service, upstream: Upstream) -> None:
    journal = service._journal
    real = os.dup(journal._fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), journal._fd)  # writing fails from here on
    upstream.default = stream([chunk("a", "stop"), DONE])
    result = service.chat(stream=True)
    assert b"journal_unavailable" in result.body
    upstream.default = Upstream.__dataclass_fields__["default"].default_factory()  # type: ignore[misc]
    assert service.chat().status == 503
    os.dup2(real, journal._fd)
    time.sleep(0.6)  # now and then one is tried
    assert service.chat().status == 200
