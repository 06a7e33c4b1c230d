"""`data:` URLs come apart and together again."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.data_url import DataUrl, data_url, parse_data_url


@given(st.binary(max_size=60))
def test_round_trip(content: bytes) -> None:
    data = base64.b64encode(content).decode()
    assert parse_data_url(data_url("image/png", data)) == DataUrl("image/png", data)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("data:text/plain,a%20b", DataUrl("text/plain", "YSBi")),
        ("data:,a", DataUrl("text/plain", "YQ==")),
        ("DATA:image/gif;BASE64,R0lG", DataUrl("image/gif", "R0lG")),
        ("data:text/plain;charset=utf-8;base64,YQ%3D%3D", DataUrl("text/plain;charset=utf-8", "YQ==")),
        ("data:;base64,YQ==", DataUrl("text/plain", "YQ==")),
    ],
)
def test_every_way_of_writing_one(url: str, wanted: DataUrl) -> None:
    assert parse_data_url(url) == wanted


@pytest.mark.parametrize("url", ["https://example.com/data:,", "data:", "data", "", "data:" + "a" * 300 + ",b"])
def test_others_are_none(url: str) -> None:
    assert parse_data_url(url) is None


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    parse_data_url("data:" + text)
