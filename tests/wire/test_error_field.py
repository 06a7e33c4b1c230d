"""When the field `error` holds one."""

from __future__ import annotations

import msgspec
import pytest

from ajar.wire.error_field import has_error


@pytest.mark.parametrize(
    "text", [b"", b"null", b"false", b"0", b'""', b'" "', b"[]", b"[ ]", b"{}", b"{\n}"], ids=lambda text: text.decode()
)
def test_no_error(text: bytes) -> None:
    assert not has_error(msgspec.Raw(text))


@pytest.mark.parametrize("text", [b"true", b"1", b'"m"', b"[0]", b'{"message":""}', b'{"":null}', b'"\xff"'])
def test_an_error(text: bytes) -> None:
    assert has_error(msgspec.Raw(text))
