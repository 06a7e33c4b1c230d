"""Usage in one arithmetic; what is not reported stays absent."""

from __future__ import annotations

import msgspec
import pytest

from ajar.domain.usage import Usage
from ajar.wire.openai_chat.usage import usage_of


def test_all_counts() -> None:
    raw = msgspec.Raw(
        b'{"prompt_tokens":10,"completion_tokens":7,"total_tokens":17,'
        b'"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},'
        b'"completion_tokens_details":{"reasoning_tokens":3}}'
    )
    assert usage_of(raw) == Usage(
        input_tokens=10, output_tokens=7, cache_read_input_tokens=4, reasoning_output_tokens=3
    )


def test_absent_counts_stay_absent() -> None:
    assert usage_of(msgspec.Raw(b'{"prompt_tokens":10}')) == Usage(input_tokens=10)
    assert usage_of(None) is None


@pytest.mark.parametrize("text", [b"7", b'"x"', b'{"prompt_tokens":"ten"}', b'{"prompt_tokens":-10}', b"[]"])
def test_a_block_of_another_shape_is_no_usage(text: bytes) -> None:
    assert usage_of(msgspec.Raw(text)) is None
