"""Anthropic's arithmetic: cached input is beside the input, thinking inside the output."""

from __future__ import annotations

import json

import msgspec
import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.usage import Usage
from ajar.wire.anthropic.usage import merged, usage_fields, usage_of


def raw(**fields: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(fields).encode())


def test_the_input_is_the_sum_of_fresh_read_and_written() -> None:
    usage = usage_of(
        raw(
            input_tokens=5,
            cache_read_input_tokens=100,
            cache_creation_input_tokens=20,
            cache_creation={"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 5},
            output_tokens=30,
            output_tokens_details={"thinking_tokens": 12},
            service_tier="standard",
        )
    )
    assert usage == Usage(125, 30, 100, 20, 12)


def test_what_is_not_told_stays_none() -> None:
    assert usage_of(raw(output_tokens=3)) == Usage(None, 3)
    assert usage_of(raw(input_tokens=3, cache_read_input_tokens=None)) == Usage(3)
    assert usage_of(None) is None


def test_the_split_of_written_tokens_is_enough() -> None:
    assert usage_of(raw(input_tokens=1, cache_creation={"ephemeral_1h_input_tokens": 7})) == Usage(
        8, cache_write_input_tokens=7
    )


@pytest.mark.parametrize("text", [b"7", b"[]", b'{"input_tokens":"x"}', b'{"output_tokens":-1}', b"\xff", b"[" * 5000])
def test_a_block_of_another_shape_is_no_usage(text: bytes) -> None:
    assert usage_of(text) is None


def test_counts_of_a_stream_replace_each_other_and_are_never_added() -> None:
    start = raw(input_tokens=10, output_tokens=1, cache_read_input_tokens=4, service_tier="standard")
    first = merged(start, raw(output_tokens=20, input_tokens=None))
    last = merged(first, raw(output_tokens=50, cache_read_input_tokens=4))
    assert usage_of(last) == Usage(14, 50, 4)
    assert json.loads(bytes(last))["service_tier"] == "standard"
    assert usage_of(merged(None, start)) == Usage(14, 1, 4)
    assert bytes(merged(start, msgspec.Raw(b"7"))) == b"7"


def test_written_for_a_caller_it_reads_as_it_was() -> None:
    losses = Losses()
    given = Usage(125, 30, 100, 20, 12)
    assert usage_of(msgspec.json.encode(usage_fields(given, losses))) == given
    assert not losses


def test_a_count_that_nobody_told_is_a_loss() -> None:
    losses = Losses()
    block = usage_fields(Usage(input_tokens=3), losses)
    assert (block["input_tokens"], block["output_tokens"], losses.names) == (3, 0, ("usage",))
