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
        why = breaker.failed(found)
        if why is not None:
            return number, why
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
        ("upstream_401", 1, "give a key"),
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
        assert breaker.failed(miss("upstream_500")) is None
        assert breaker.failed(miss("upstream_500")) is None
        if number % 2:
            breaker.answered()
        else:
            assert breaker.failed(miss("timeout")) is None


def test_with_none_allowed_for_only_what_cannot_be_otherwise_ends_it() -> None:
    breaker = Breaker(TARGET, 0)
    assert until(breaker, miss("upstream_500"))[0] == 0
    assert until(breaker, miss("upstream_404"))[0] == 0
    assert until(breaker, miss("upstream_401"))[0] == 1


def test_a_target_that_asks_for_a_long_wait_is_believed() -> None:
    assert Breaker(TARGET, 10).failed(miss("upstream_429", told=120)) is None
    why = Breaker(TARGET, 10).failed(miss("upstream_429", told=3600))
    assert why is not None
    assert "asks to wait for 3600 s" in why
