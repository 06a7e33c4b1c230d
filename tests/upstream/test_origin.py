"""Base URLs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.upstream.origin import Origin, parse_base_url


@pytest.mark.parametrize(
    ("url", "origin", "prefix"),
    [
        ("https://api.openai.com/v1", Origin("https", "api.openai.com", 443), "/v1"),
        ("http://127.0.0.1:8080", Origin("http", "127.0.0.1", 8080), ""),
        ("http://LocalHost/", Origin("http", "localhost", 80), ""),
        ("HTTPS://host:8443/a/b/", Origin("https", "host", 8443), "/a/b"),
        ("http://[::1]:9/x", Origin("http", "::1", 9), "/x"),
        ("https://bücher.example/v1", Origin("https", "xn--bcher-kva.example", 443), "/v1"),
    ],
)
def test_reads(url: str, origin: Origin, prefix: str) -> None:
    assert parse_base_url(url) == (origin, prefix)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "begin with http"),
        ("api.openai.com/v1", "begin with http"),
        ("ftp://host/", "begin with http"),
        ("http://", "name a host"),
        ("http:///v1", "name a host"),
        ("http://:80/v1", "name a host"),
        ("http://host:0/", "Port 0"),
        ("http://host:99999/", "cannot be read"),
        ("http://host:x/", "cannot be read"),
        ("http://me:secret", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("http://me:secret@host/", "api_key"),
        ("http://host/v1?key=secret", "leave out '?'"),
        ("http://host/v1#x", "leave out '?'"),
        ("http://ho st/", "blanks"),
        ("http://host/\r\nx: y", "control characters"),
        ("http://host/ü", "ASCII"),
        ("http://" + "ü" * 80 + ".example/", "not a valid name"),
        ("http://a<b/", "not a valid name"),
    ],
)
def test_refuses_with_one_clear_sentence(url: str, word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)) as caught:
        parse_base_url(url)
    sentence = str(caught.value)
    assert "secret" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


@given(st.text() | st.text().map("http://".__add__))
def test_never_raises_anything_else(url: str) -> None:
    try:
        origin, prefix = parse_base_url(url)
    except ValueError:
        return
    assert origin.host
    assert origin.host.isascii()
    assert prefix.isascii()
    assert not prefix.endswith("/")
    assert "\r" not in origin.authority + prefix
    assert " " not in origin.authority + prefix


def test_names() -> None:
    assert Origin("https", "h", 443).authority == "h"
    assert Origin("https", "h", 443).label == "h:443"
    assert Origin("http", "h", 443).authority == "h:443"
    assert Origin("http", "::1", 80).authority == "[::1]"
    assert Origin("http", "::1", 80).label == "[::1]:80"
