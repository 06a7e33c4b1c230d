"""Usage, both ways."""

from __future__ import annotations

import msgspec

from ajar.domain.dialog.losses import Losses
from ajar.domain.usage import Usage
from ajar.wire.openai_responses.usage import usage_block, usage_of

RAW = (
    b'{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},'
    b'"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}'
)


def test_both_ways() -> None:
    usage = usage_of(msgspec.Raw(RAW))
    assert usage == Usage(9, 5, 4, 1, 2)
    losses = Losses()
    assert usage_block(usage, losses) == msgspec.json.decode(RAW)
    assert not losses


def test_absent_stays_absent() -> None:
    assert usage_of(None) is None
    assert usage_of(msgspec.Raw(b"3")) is None
    assert usage_of(msgspec.Raw(b'{"input_tokens":1}')) == Usage(1)
    losses = Losses()
    assert usage_block(None, losses) is None
    assert not losses
    assert usage_block(Usage(1), losses) is None
    assert losses.names == ("usage",)


def test_a_detail_that_the_schema_wants_is_zero() -> None:
    losses = Losses()
    assert usage_block(Usage(1, 2), losses) == {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 3,
    }
    assert not losses
