"""The heads of answers."""

from __future__ import annotations

import pytest

from ajar.gateway.http.answer import answer_head, has_body


def test_a_head() -> None:
    head = answer_head(200, [(b"a", b"b"), (b"c", b"")], b"content-length: 1\r\n")
    assert head == b"HTTP/1.1 200 OK\r\na: b\r\nc: \r\ncontent-length: 1\r\n\r\n"
    assert answer_head(404, [], b"") == b"HTTP/1.1 404 Not Found\r\n\r\n"
    assert answer_head(529, [], b"") == b"HTTP/1.1 529 \r\n\r\n"


@pytest.mark.parametrize("bad", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\r", b"\n"])
def test_a_line_break_is_refused(bad: bytes) -> None:
    for header in [(b"x", bad), (bad, b"x")]:
        with pytest.raises(ValueError, match="line break"):
            answer_head(200, [(b"a", b"b"), header, (b"c", b"d")], b"")


def test_which_answers_have_a_body() -> None:
    assert [status for status in (100, 200, 204, 304, 404, 500) if has_body(status)] == [200, 404, 500]
