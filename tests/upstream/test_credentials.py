"""Keys that never change."""

from __future__ import annotations

import asyncio

import pytest

from ajar.upstream.credentials import RequestHead, Static

HEAD = RequestHead(authority="api.test", target="/v1/x")


@pytest.mark.parametrize(
    ("auth", "secret", "line"),
    [
        ("bearer", "s", b"authorization: Bearer s\r\n"),
        ("header:x-api-key", "s", b"x-api-key: s\r\n"),
        ("sigv4:bedrock", "s", b"authorization: Bearer s\r\n"),
        ("bearer", None, b""),
        ("bearer", "", b""),
        ("none", "s", b""),
        ("google", "/path/of/a/file", b""),
    ],
)
def test_a_key_is_one_line_for_every_request(auth: str, secret: str | None, line: bytes) -> None:
    credentials = Static(auth, secret)
    assert credentials.fixed == line
    asyncio.run(credentials.ready())
    assert credentials.lines(HEAD, b"{}") == line


def test_a_key_is_not_shown() -> None:
    assert "hidden" not in repr(Static("bearer", "hidden"))
