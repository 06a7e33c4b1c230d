"""What callers and the operator get to read of an upstream's failure."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from doubles.upstream import Reply, Upstream, chunk
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "unsound",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000,
    ],
)
def test_no_caller_reads_an_address(serve: Callable[..., Service], upstream: Upstream, unsound: bytes) -> None:
    upstream.default = Reply([unsound], hang_s=1)
    body = serve(config(upstream, budget={"attempts": 1})).chat().body
    assert b"its answer is not sound HTTP/1.1" in body
    assert b"127.0.0.1" not in body


def test_the_operator_hears_of_a_stream_that_breaks_off(
    service: Service, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    event = chunk("a")
    upstream.default = Reply([HEAD + b"%x\r\n%b\r\nzz\r\n" % (len(event), event)], hang_s=1)
    with caplog.at_level(logging.WARNING, "ajar.gateway"):
        body = service.chat(stream=True).body
    assert b"upstream_garbage" in body
    assert b"127.0.0.1" not in body
    (line,) = caplog.messages
    assert "deployment a: 127.0.0.1:" in line
