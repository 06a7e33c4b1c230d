"""The words of a verdict never say more than its numbers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence import sentence

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> list[float]:
    return [float(each.replace(",", "")) for each in NUMBER.findall(text)]


@given(st.floats(0.001, 0.5), st.floats(0.0001, 0.9999))
def test_what_is_within_the_margin_reads_so(margin: float, share: float) -> None:
    margin = round(margin, 4)
    worst, limit = numbers(sentence.passed(-margin * share, margin, "share"))
    assert worst < limit or share > 0.999
    best, limit = numbers(sentence.failed(-margin / share, margin, "share"))
    assert best > limit or share > 0.999


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.05, 0.01, "between 5 points worse and 1 point better, and the margin is 2 points"),
        (-0.05, -0.01, "between 1 point and 5 points worse, and the margin is 2 points"),
        (-0.05, 0.0, "between 5 points worse and 0 points better, and the margin is 2 points"),
        (-0.02, 0.1, "between 2 points worse and 10 points better, and the margin is 2 points"),
    ],
)
def test_what_is_open(low: float, high: float, said: str) -> None:
    assert sentence.inconclusive(low, high, 0.02, "share") == f"the candidate is {said}"


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [("ms", 12.34, "12 ms"), ("ms", 1234.5, "1,234 ms"), ("USD", 0.000123, "0.00012 USD"), ("tokens", 1, "1 token")],
)
def test_units(unit, value: float, said: str) -> None:
    assert sentence.passed(value, 5, unit) == f"the candidate is at least {said} better"


def test_no_worse_at_all() -> None:
    assert sentence.passed(0.0, 0.03, "share") == "the candidate is not worse"


@pytest.mark.parametrize(
    ("needed", "said"),
    [(31, "about 31 cases"), (999, "about 999 cases"), (1234, "about 1,240 cases"), (147_347, "about 148,000 cases")],
)
def test_cases_are_rounded_up(needed: int, said: str) -> None:
    assert sentence.cases(needed) == f"{said} would settle it"


def test_cases_come_in_clusters() -> None:
    assert sentence.cases(6150, 1230) == "about 6,150 cases in 1,230 clusters would settle it"


def test_what_few_cases_or_clusters_show() -> None:
    assert sentence.unseen(-0.09, 40, 0.03, "share", clustered=True).startswith(
        "what loses everything and is so rare that none of 40 clusters showed it may make"
    )
    assert sentence.stray(-40.0, 1, 30, "ms") == (
        "1 case stands out as much worse, too few to tell how often the like comes and how bad it gets: "
        "it may make the candidate 40 ms worse, and the margin is 30 ms"
    )
    assert sentence.stray(-40.0, 3, 30, "ms", clustered=True).startswith("3 clusters stand out as much worse")


def test_too_many_cases_are_not_counted() -> None:
    assert sentence.cases(1_000_001) == "it would take more than a million cases to settle it"


def test_what_was_not_seen_may_leave_it_better_or_worse() -> None:
    assert sentence.unseen(-0.02, 1200, 0.01, "share").endswith(
        "none of 1,200 cases showed it may make the candidate 2 points worse, and the margin is 1 point"
    )
    assert sentence.lopsided(-12.0, 10, "ms", better=True).endswith(
        "it may be only 12 ms worse, and the margin is 10 ms"
    )
    assert sentence.lopsided(3.0, 10, "ms", better=True).endswith("it may be 3 ms better, and the margin is 10 ms")
