"""The four time limits, and how far they can be told from one another."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.conftest import config
from gateway.test_records import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ROLE = b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def started(serve: Callable[..., Service], upstream: Upstream, **limits: float) -> Service:
    one = config(upstream, budget={"attempts": 1})
    one["deployments"]["a"]["timeouts"] = limits
    return serve(one)


def test_events_without_content_are_no_first_byte(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = Reply([HEAD + framed(ROLE), *([framed(b": ping\n\n")] * 20)], pause=0.1, hang_s=5)
    result = started(serve, upstream, first_byte_s=0.5).chat(stream=True)
    assert (result.status, result.json["error"]["code"]) == (504, "upstream_first_byte_timeout")


@pytest.mark.parametrize("streamed", [True, False])
def test_a_pause_is_a_gap(serve: Callable[..., Service], upstream: Upstream, streamed: bool) -> None:
    whole = b"".join(answer(completion()).pieces)
    upstream.default = Reply([HEAD + framed(chunk("a"))] if streamed else [whole[:-20]], hang_s=5)
    service = started(serve, upstream, gap_s=0.3)
    began = time.monotonic()
    result = service.chat(stream=streamed)
    assert time.monotonic() - began < 1.5
    assert b'"upstream_gap_timeout"' in result.body
    assert result.status == (200 if streamed else 504)
    record = service.records()[0]
    assert (record["status"], record["error"]) == (504, "upstream_gap_timeout")
    assert wait_for(lambda: upstream.hung_up)


def test_what_moves_has_no_gap(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = stream([*([chunk("a")] * 8), chunk("b", "stop"), b"data: [DONE]\n\n"], pause=0.15)
    result = started(serve, upstream, gap_s=0.5, first_byte_s=0.5).chat(stream=True)
    assert b"[DONE]" in result.body


def test_an_upstreams_own_signs_of_life_are_none_for_a_caller_who_does_not_get_them(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    """A comment means nothing in another format: it passes nowhere, and the caller must hear something all the same."""
    events = [framed(chunk("a")), *([framed(b": busy\n\n")] * 20), framed(chunk("b", "stop")), framed(DONE)]
    upstream.default = Reply([HEAD, *events, b"0\r\n\r\n"], pause=0.1)
    a = {"provider": "openai-compatible", "base_url": upstream.url, "model": "m", "timeouts": {"gap_s": 0.6}}
    one = {"deployments": {"a": a}, "routes": {"r": {"primary": "a", "keepalive_s": 0.3}}}
    wanted = {"model": "r", "stream": True, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    body = serve(one).request("POST", "/v1/messages", wanted).body
    assert body.count(b"event: ping") >= 2
    assert b"message_stop" in body


@pytest.mark.parametrize("streamed", [True, False])
def test_the_whole_has_a_limit(serve: Callable[..., Service], upstream: Upstream, streamed: bool) -> None:
    whole = b"".join(answer(completion()).pieces)
    bytes_ = [whole[at : at + 1] for at in range(len(whole))]
    upstream.default = Reply([HEAD, *([framed(chunk("a"))] * 60)] if streamed else bytes_, pause=0.05, hang_s=5)
    service = started(serve, upstream, gap_s=0.5, total_s=0.8)
    began = time.monotonic()
    result = service.chat(stream=streamed)
    assert 0.7 < time.monotonic() - began < 2
    assert b'"upstream_total_timeout"' in result.body
    assert service.records()[0]["error"] == "upstream_total_timeout"


def test_a_caller_who_reads_slowly_is_not_the_upstreams_gap(serve: Callable[..., Service], upstream: Upstream) -> None:
    large = chunk("x" * 60_000)
    upstream.default = stream([*([large] * 200), chunk("b", "stop"), b"data: [DONE]\n\n"])
    service = started(serve, upstream, gap_s=0.4)
    body = b'{"model":"r","stream":true,"messages":[{"role":"user","content":"hi"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n"
    with service.connect() as caller:
        caller.sendall(head % len(body) + body)
        time.sleep(1.5)
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += caller.recv(1 << 20)
    assert b"data: [DONE]" in data
    assert b"error" not in data


def test_the_budget_is_a_limit_for_content(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = Reply([], hang_s=5)
    one = config(upstream, budget={"seconds": 0.4})
    result = serve(one).chat()
    assert (result.status, result.json["error"]["code"]) == (504, "upstream_first_byte_timeout")


@pytest.mark.parametrize("limit", ["gap_s", "total_s"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_long_refusal_leaves_the_next_deployment_its_own_limits(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, limit: str, streamed: bool
) -> None:
    head = b"HTTP/1.1 503 X\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n"
    upstream.default = Reply([head + b'{"error":"', b"x" * 2**21], hang_s=5)
    whole = stream([chunk("b", "stop"), b"data: [DONE]\n\n"]) if streamed else answer(completion("b"))
    second.default = Reply([b"", *whole.pieces], pause=1.2)
    both = config(upstream, second)
    both["deployments"]["a"]["timeouts"] = {limit: 0.4}
    service = serve(both)
    result = service.chat(stream=streamed)
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    attempts = service.records()[0]["attempts"]
    assert [attempt.get("error") for attempt in attempts] == ["upstream_503", None]
