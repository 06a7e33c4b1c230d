"""The answer to count_tokens."""

from __future__ import annotations

import json

import pytest

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.count_read import read_count
from recordings import Exchange, exchanges


def test_the_number() -> None:
    assert read_count(b'{"input_tokens":14,"context_management":{}}') == 14


@pytest.mark.parametrize("body", [b"", b"{}", b'{"input_tokens":"x"}', b"[1]", b"\xff", b"[" * 5000])
def test_anything_else_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        read_count(body)


@exchanges("anthropic", "/v1/messages/count_tokens", lambda each: each.status == 200)
def test_recorded_counts(exchange: Exchange) -> None:
    assert read_count(exchange.answer) == json.loads(exchange.answer)["input_tokens"]
