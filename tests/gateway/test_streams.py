"""The beginning and the end of a stream: what is committed to the caller, and when."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import JournalError
from ajar.wire.passing import MOST_HELD
from doubles.upstream import DONE, Reply, Upstream, chunk, stream
from gateway.conftest import config
from gateway.test_records import send, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def read_until(caller: Any, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        more = caller.recv(65536)
        assert more, data
        data += more
    return data


@pytest.mark.parametrize("metered", [True, False])
@pytest.mark.parametrize("behind", [b"", b": bye\n\n"])
def test_the_record_is_there_when_the_end_mark_arrives(
    serve: Callable[..., Service], upstream: Upstream, metered: bool, behind: bytes
) -> None:
    service = serve(config(upstream, meter_streams=metered))
    pieces = [HEAD, framed(chunk("a", "stop")), framed(DONE + behind)]
    upstream.default = Reply(pieces, hang_s=3)
    with send(service, b"true") as caller:
        began = time.monotonic()
        data = read_until(caller, b"[DONE]")
        assert [record["status"] for record in service.records()] == [200]
        while not data.endswith(b"0\r\n\r\n"):
            data += caller.recv(65536)
        assert time.monotonic() - began < 1, "the answer ends with its end mark, whatever the upstream still does"
    assert data.count(b"[DONE]") == 1


def test_the_end_mark_in_the_models_own_words_ends_nothing(service: Service, upstream: Upstream) -> None:
    events = [chunk("say [DONE]"), chunk("[DONE]"), chunk(" now", "stop"), DONE]
    whole = b"".join(framed(event) for event in events) + b"0\r\n\r\n"
    upstream.default = Reply([HEAD, *(whole[at : at + 1] for at in range(len(whole)))])
    for options in ({}, {"stream_options": {"include_usage": True}}):
        result = service.chat(stream=True, **options)
        assert result.body == b"".join(events)
    assert {record["status"] for record in service.records()} == {200}


@pytest.mark.parametrize("beginning", [HEAD + b"0\r\n\r\n", HEAD])
def test_a_stream_without_a_first_event_is_asked_elsewhere(
    service: Service, upstream: Upstream, second: Upstream, beginning: bytes
) -> None:
    upstream.default = Reply([beginning], close=True)
    second.default = stream([chunk("a", "stop"), DONE])
    assert service.chat(stream=True).headers["x-ajar-deployment"] == "b"
    second.default = upstream.default
    result = service.chat(stream=True)
    assert (result.status, result.json["error"]["code"]) == (502, "upstream_closed")


def test_a_head_and_then_silence_is_given_up(serve: Callable[..., Service], upstream: Upstream) -> None:
    one = config(upstream)
    one["deployments"]["a"]["timeouts"] = {"first_byte_s": 0.2}
    upstream.default = Reply([HEAD], hang_s=5)
    result = serve(one).chat(stream=True)
    assert (result.status, result.json["error"]["code"]) == (504, "upstream_first_byte_timeout")


def test_a_slow_answer_that_has_begun_is_not_given_up(serve: Callable[..., Service], upstream: Upstream) -> None:
    one = config(upstream)
    one["deployments"]["a"]["timeouts"] = {"first_byte_s": 0.5}
    body = b'{"model":"m","choices":[]}'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
    upstream.default = Reply([head + body[:5], body[5:10], body[10:]], pause=0.6)
    assert serve(one).chat().body == body


@pytest.mark.parametrize("metered", [True, False])
def test_half_an_event_never_reaches_the_caller(
    serve: Callable[..., Service], upstream: Upstream, metered: bool
) -> None:
    service = serve(config(upstream, meter_streams=metered))
    upstream.default = Reply([HEAD, framed(chunk("a")), framed(chunk("b")[:30])], close=True)
    body = service.chat(stream=True).body
    lines = [line for line in body.decode().splitlines() if line]
    assert all(json.loads(line.removeprefix("data: ")) for line in lines)
    assert json.loads(lines[-1].removeprefix("data: "))["error"]["code"] == "upstream_closed"


def test_an_error_inside_a_200_is_recorded(service: Service, upstream: Upstream) -> None:
    broken = b'data: {"error":{"message":"out of memory"}}\n\n'
    upstream.default = stream([chunk("a"), broken, DONE])
    assert service.chat(stream=True).body == chunk("a") + broken + DONE
    assert service.records()[0]["error"] == "upstream_error_event"


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """No record can be kept."""

    def append(_: object, record: object) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr("ajar.traffic.journal.Journal.append", append)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("cut", [False, True])
def test_a_failure_that_the_caller_has_read_is_told_once_recorded_or_not(
    service: Service, upstream: Upstream, cut: bool
) -> None:
    broken = b'data: {"error":{"message":"out of memory"}}\n\n'
    upstream.default = stream([chunk("a"), broken], cut=cut)
    assert service.chat(stream=True).body == chunk("a") + broken


@pytest.mark.usefixtures("full")
def test_an_error_never_stands_in_the_middle_of_an_event(service: Service, upstream: Upstream) -> None:
    long = b'data: {"x":"' + b"x" * MOST_HELD
    upstream.default = Reply([HEAD, framed(chunk("a")), framed(long)], close=True)
    *_, half, error, rest = service.chat(stream=True).body.split(b"\n\n")
    assert half == long
    assert json.loads(error.removeprefix(b"data: "))["error"]["code"] == "journal_unavailable"
    assert rest == b""


def test_a_stream_to_the_close_needs_its_end_mark(service: Service, upstream: Upstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    upstream.default = Reply([head, chunk("a", "stop")], close=True)
    assert b"upstream_closed" in service.chat(stream=True).body
    upstream.default = Reply([head, chunk("a", "stop") + DONE], close=True)
    assert service.chat(stream=True).body == chunk("a", "stop") + DONE


def test_a_compressed_stream_is_refused(service: Service, upstream: Upstream, second: Upstream) -> None:
    head = HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
    upstream.default = Reply([head, framed(b"\x1f\x8b"), b"0\r\n\r\n"])
    second.default = stream([chunk("a", "stop"), DONE])
    assert service.chat(stream=True).headers["x-ajar-deployment"] == "b"


def test_memory_is_flat_behind_the_end_mark(service: Service, upstream: Upstream) -> None:
    noise = framed(b": " + b"x" * 60_000 + b"\n\n")
    upstream.default = Reply([HEAD, framed(chunk("a", "stop") + DONE), *([noise] * 200)], close=True)
    body = service.chat(stream=True).body
    assert body.count(b"[DONE]") == 1
    assert len(body) < 1_000_000
    assert wait_for(service.records)[0]["status"] == 200
