from __future__ import annotations

import pytest

from ajar.cli.swap import words
from ajar.evidence.live.look import Standing

BOUNDED = Standing(name="solved", role="primary", kind="bounded", control_n=10, candidate_n=10)
LOG = Standing(name="total_ms", role="guard", kind="log_mean", control_n=10, candidate_n=10)
MEAN = Standing(name="tokens", role="guard", kind="mean", control_n=10, candidate_n=10)


def test_each_kind_in_its_unit() -> None:
    assert [words.mean(one, 0.954) for one in (BOUNDED, LOG)] == ["95.4%", "0.954"]
    assert [words.difference(one, -0.0125) for one in (BOUNDED, LOG, MEAN)] == ["−1.2", "−1.2%", "−0.0125"]
    assert words.difference(BOUNDED, -0.0001) == "0.0"
    assert words.difference(BOUNDED, None) == "–"
    assert words.mean(MEAN, 1234.5) == "1,234"


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (0.0, "0"), (1e-9, "< 0.001"), (0.284, "0.28"), (7.06, "7.1"), (39.96, "40.0"), (1234.0, "1,234"),
        (1e9, "> 1,000,000"),
    ],
)  # fmt: skip
def test_evidence(e: float, text: str) -> None:
    assert words.evidence(e, 40) == f"{text} of 40"
    assert words.evidence(None, None) == "–"


def test_an_open_interval_says_so() -> None:
    low = Standing(name="x", role="guard", kind="bounded", control_n=1, candidate_n=1, low=-0.04)
    assert words.interval(low) == "−4.0 … +∞"
    assert words.interval(BOUNDED) == ""


def test_times() -> None:
    assert [words.span(1e6 * seconds) for seconds in (3, 720, 7200, 432000)] == ["3 s", "12 min", "2.0 h", "5.0 days"]
    assert [words.days(value) for value in (None, 0.5, 4.25, 4000)] == ["never", "12.0 h", "4.2 days", "4,000 days"]
    assert [words.rate(value) for value in (1_360_000.4, 99.5, 0.4249)] == ["1,360,000", "99.5", "0.425"]
