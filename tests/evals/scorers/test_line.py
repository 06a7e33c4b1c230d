"""A line for people."""

from __future__ import annotations

from ajar.evals.scorers.line import line


def test_a_line() -> None:
    assert line("a\n  b\tc ") == "a b c"
    assert line("x" * 400) == "x" * 299 + "…"
    assert line("abcdef", 4) == "abc…"
    assert line("a\ud800b") == "a?b"
