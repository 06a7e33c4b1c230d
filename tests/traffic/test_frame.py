"""One record as one line: nothing is lost, and nothing but a whole line is taken for a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.record import InferenceRecord
from ajar.traffic.frame import pack, unpack
from traffic.conftest import record


def test_a_record_comes_back_as_it_was() -> None:
    one = record(experiment="e", epoch=3, unit_hash="u", variant="v", revision=7, request="{}", response='é\n\x00"')
    frame = pack(one)
    assert frame.count(b"\n") == 1
    back = unpack(frame)
    assert back is not None
    assert type(back) is InferenceRecord
    assert back == one


@pytest.mark.parametrize(
    "raw",
    [
        "null",
        '"text"',
        "{}",
        '{\n  "prompt_tokens": 5,\r\n\t"x": "é\\u00e9"\n}',
        None,
    ],
)
def test_any_usage_block_is_kept_as_it_is(raw: str | None) -> None:
    frame = pack(record(usage_raw=raw))
    assert frame.count(b"\n") == 1
    back = unpack(frame)
    assert back is not None
    assert back.usage_raw == raw


def test_half_a_surrogate_pair_does_not_cost_the_record() -> None:
    back = unpack(pack(record(upstream_model="a\ud800b", response="\udfff\n")))
    assert back is not None
    assert (back.upstream_model, back.response) == ("a?b", "?\n")


def test_a_record_of_a_later_version_is_read_by_this_one() -> None:
    frame = pack(record())
    payload = frame[9:-2] + b',"later":{"a":1}}'
    from zlib import crc32

    back = unpack(b"%08x %b\n" % (crc32(payload), payload))
    assert back is not None
    assert back.route == "support-triage"


FRAME = pack(record())


@given(st.data())
def test_a_frame_that_was_touched_is_no_frame(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(FRAME) - 1))
    end = data.draw(st.integers(start + 1, len(FRAME)))
    instead = data.draw(st.binary(max_size=end - start + 3))
    touched = FRAME[:start] + instead + FRAME[end:]
    if touched != FRAME:
        assert unpack(touched) is None


@given(st.binary(max_size=60))
def test_noise_is_no_frame(noise: bytes) -> None:
    assert unpack(noise) is None
    assert unpack(noise + b"\n") is None


@pytest.mark.parametrize("payload", [b"", b"{}", b"null", b"[1]", b"{" * 3000, b'{"id":1}'])
def test_what_is_no_record_is_refused_although_its_checksum_is_right(payload: bytes) -> None:
    from zlib import crc32

    assert unpack(b"%08x %b\n" % (crc32(payload), payload)) is None


@pytest.mark.parametrize("head", [b"+0000000 ", b" 0000000 ", b"0x000000 ", b"0_000000 ", b"00000000\t"])
def test_the_checksum_is_spelt_one_way_only(head: bytes) -> None:
    assert unpack(head + b"\n") is None
