"""The scorer `regex`."""

from __future__ import annotations

import time

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.scorers.regex import Regex
from ajar.evals.scorers.registry import build


@pytest.mark.parametrize(
    ("scorer", "text", "expected"),
    [
        (Regex(pattern=r"\d{3}"), "no 123", 1),
        (Regex(pattern=r"\d{3}", full=True), "no 123", 0),
        (Regex(pattern=r"\d{3}", full=True), " 123\n", 1),
        (Regex(pattern="a"), "A", 0),
        (Regex(pattern="ä", ignore_case=True), "Ä", 1),
        (Regex(pattern="a", negate=True), "a", 0),
        (Regex(pattern="^b$"), "a\nb", 0),
        (Regex(pattern="(?m)^b$"), "a\nb", 1),
        (Regex(pattern="a.b"), "a\nb", 0),
        (Regex(pattern="(?s)a.b"), "a\nb", 1),
    ],
)
def test_values(scorer: Regex, text: str, expected: float) -> None:
    assert scorer.score(Answer(text=text), Case(input="q")).value == expected


def test_the_target_may_be_the_pattern() -> None:
    case = Case(input="q", target=r"^\w+$")

    assert Regex().fault(case) is None
    assert Regex().score(Answer(text="word"), case).value == 1
    assert "add" not in (Regex().fault(Case(input="q")) or "add")
    assert "look-around" in (Regex().fault(Case(input="q", target="a(?=b)")) or "")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("a(?=b)", "look-around, `(?=`, is refused"),
        ("(?<!a)b", "look-around, `(?<!`, is refused"),
        (r"(a)\1", r"a back-reference, `\1`, is refused"),
        (r"a\Z", r"`\z` here"),
        ("(", "missing )"),
        ("a{9999}", "invalid repetition size"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_when_it_is_loaded(
    pattern: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError) as raised:
        build({"scorer": "regex", "pattern": pattern})

    assert said in str(raised.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("target", [None, "(", "\ud800"])
def test_a_case_without_a_pattern_that_can_be_used_has_no_value(target: str | None) -> None:
    case = Case(input="q", target=target)

    assert Regex().fault(case)
    assert Regex().score(Answer(text="x"), case).value is None


def test_no_pattern_takes_more_than_linear_time() -> None:
    started = time.perf_counter()

    Regex(pattern="(a*)*b").score(Answer(text="a" * 50_000), Case(input="q"))

    assert time.perf_counter() - started < 2
