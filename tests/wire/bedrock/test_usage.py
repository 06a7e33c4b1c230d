"""Converse's counts leave the cache out; Ajar's do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.usage import Usage
from ajar.wire.bedrock.usage import usage_of


def test_the_cache_is_part_of_the_input() -> None:
    raw = b'{"inputTokens":3,"outputTokens":5,"cacheReadInputTokens":100,"cacheWriteInputTokens":20,"totalTokens":128}'
    assert usage_of(raw) == Usage(123, 5, 100, 20)


def test_absent_stays_absent() -> None:
    assert usage_of(b'{"inputTokens":3,"outputTokens":5}') == Usage(3, 5)
    assert usage_of(b'{"outputTokens":0}') == Usage(None, 0)
    assert usage_of(b'{"cacheReadInputTokens":7}') == Usage(cache_read_input_tokens=7)
    assert usage_of(b'{"inputTokens":3,"cacheReadInputTokens":0,"cacheWriteInputTokens":null}') == Usage(3, None, 0)


@pytest.mark.parametrize("raw", [None, b"", b"null", b"[]", b'{"inputTokens":"3"}', b"{", b'{"inputTokens":true}'])
def test_no_block(raw: bytes | None) -> None:
    assert usage_of(raw) is None


@given(st.binary(max_size=60))
def test_any_bytes(raw: bytes) -> None:
    usage_of(raw)
