"""Heads that arrive in pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import BadRequest, HeadersTooLarge
from ajar.gateway.http.ahead import Ahead

HEAD = b"POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\n\r\n"


@given(st.lists(st.integers(0, 2 * len(HEAD)), max_size=12), st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"\n"]))
def test_heads_at_any_cut(cuts: list[int], before: bytes) -> None:
    data = before + HEAD + before + HEAD
    marks = sorted({0, len(data), *cuts})
    ahead, heads = Ahead(), list[bytes]()
    for start, end in pairwise(marks):
        ahead += data[start:end]
        while (head := ahead.take_head(1000)) is not None:
            heads.append(head)
    assert heads == [HEAD, HEAD]
    assert not ahead
    assert not ahead.partial


def test_every_cut_of_one_head() -> None:
    for cut in range(1, len(HEAD)):
        ahead = Ahead()
        ahead += HEAD[:cut]
        assert ahead.take_head(1000) is None
        assert ahead.partial
        ahead += HEAD[cut:]
        assert ahead.take_head(1000) == HEAD


@pytest.mark.parametrize("data", [b"\x16", b"GET /\0", b"GET / HTTP/1.1\r\nA ", b"\x00"])
def test_what_cannot_become_a_head_is_refused_before_its_end(data: bytes) -> None:
    ahead = Ahead()
    ahead += data[:-1]
    assert len(data) == 1 or ahead.take_head(1000) is None
    ahead += data[-1:]
    with pytest.raises(BadRequest):
        ahead.take_head(1000)


def test_a_flood_is_refused_with_and_without_an_end() -> None:
    for end in (b"", b"\r\n\r\n"):
        ahead = Ahead()
        ahead += b"GET / HTTP/1.1\r\nA: " + b"b" * 1000 + end
        with pytest.raises(HeadersTooLarge):
            ahead.take_head(1000)


def test_empty_lines_alone_are_nothing() -> None:
    ahead = Ahead()
    ahead += b"\r\n\r\n\r"
    assert ahead.take_head(1000) is None
    assert not ahead
    assert not ahead.partial
