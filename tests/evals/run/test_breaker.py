from __future__ import annotations

import pytest

from ajar.evals.run.breaker import Breaker
from ajar.evals.run.miss import Miss
from ajar.evals.sample import Failure
from evals.run.small import target

TARGET = target("http://host:1/v1", "new")


def miss(code: str, *, unknown_model: bool = False, told: float | None = None) -> Miss:
    return Miss(Failure(code, "said so"), told=told, load="overload" if told else "none", unknown_model=unknown_model)


def until(breaker: Breaker, found: Miss) -> tuple[int, str]:
    for number in range(1, 1000):
        trip = breaker.failed(found, number)
        if trip is not None:
            return number, trip.why
    return 0, ""


@pytest.mark.parametrize(
    ("code", "number", "helps"),
    [
        ("upstream_500", 10, "whoever runs it must mend that"),
        ("upstream_429", 10, "rate limit or quota"),
        ("connect_failed", 10, "start it"),
        ("timeout", 10, "--timeout"),
        ("bad_answer", 10, "base URL"),
        ("upstream_400", 10, "`request` members"),
        ("upstream_422", 10, "`request` members"),
        ("upstream_403", 3, "ask whoever runs it"),
        ("upstream_404", 3, "model's name"),
        ("upstream_401", 1, "give a key that it accepts (--api-key env:NAME; "),
    ],
)
def test_the_same_error_in_a_row_ends_the_run_and_says_who_can_mend_it(code: str, number: int, helps: str) -> None:
    found, why = until(Breaker(TARGET, 10), miss(code))
    assert found == number
    assert why.startswith("new at http://host:1/v1 failed")
    assert f"{code}: said so" in why
    assert helps in why
    assert why.endswith("Then resume the run: what is done is kept")


def test_an_unknown_model_ends_it_at_once() -> None:
    assert until(Breaker(TARGET, 10), miss("upstream_404", unknown_model=True))[0] == 1


def test_an_answer_or_another_error_begins_the_row_anew() -> None:
    breaker = Breaker(TARGET, 3)
    for number in range(50):
        assert breaker.failed(miss("upstream_500"), 4 * number) is None
        assert breaker.failed(miss("upstream_500"), 4 * number + 1) is None
        if number % 2:
            breaker.answered(4 * number + 2)
        else:
            assert breaker.failed(miss("timeout"), 4 * number + 2) is None


def test_errors_of_what_was_sent_before_the_last_answer_make_no_row() -> None:
    breaker = Breaker(TARGET, 3)
    breaker.answered(10)
    for began in (1, 10, 5, 9, 2):
        assert breaker.failed(miss("upstream_500"), began) is None
    assert until(breaker, miss("upstream_500"))[0] == 10 + 3


def test_in_doubt_it_trips_once_until_there_is_an_answer() -> None:
    breaker = Breaker(TARGET, 2)
    assert breaker.failed(miss("upstream_500"), 1) is None
    trip = breaker.failed(miss("upstream_500"), 2)
    assert trip is not None
    assert (trip.sure, breaker.doubted) == (False, True)
    assert "or --breaker 0 takes such errors as they are" in trip.why
    assert breaker.failed(miss("upstream_500"), 3) is None
    breaker.answered(4)
    assert until(breaker, miss("upstream_500"))[0] == 4 + 2


@pytest.mark.parametrize(
    "found", [miss("upstream_401"), miss("upstream_404", unknown_model=True), miss("upstream_429", told=3600)]
)
def test_what_no_case_can_bring_about_is_sure_whatever_was_answered(found: Miss) -> None:
    breaker = Breaker(TARGET, 10)
    breaker.answered(10)
    trip = breaker.failed(found, 1)
    assert trip is not None
    assert trip.sure


def test_with_none_allowed_for_only_what_cannot_be_otherwise_ends_it() -> None:
    breaker = Breaker(TARGET, 0)
    assert until(breaker, miss("upstream_500"))[0] == 0
    assert until(breaker, miss("upstream_404"))[0] == 0
    assert until(breaker, miss("upstream_401"))[0] == 1


def test_a_target_that_asks_for_a_long_wait_is_believed() -> None:
    assert Breaker(TARGET, 10).failed(miss("upstream_429", told=120), 1) is None
    trip = Breaker(TARGET, 10).failed(miss("upstream_429", told=3600), 1)
    assert trip is not None
    assert "asks to wait for 3600 s" in trip.why
