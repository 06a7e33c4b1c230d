from __future__ import annotations

from ajar.evals.run.miss import Miss, missed
from ajar.evals.run.retrying import Ceiling
from ajar.evals.sample import Failure

PASSES = missed("upstream_500", "", again=True)


def waits(ceiling: Ceiling, miss: Miss = PASSES) -> list[float]:
    found: list[float] = []
    while (wait := ceiling.next(miss, len(found) + 1, sum(found), 0)) is not None:
        found.append(wait)
        assert len(found) < 1000
    return found


def test_there_are_as_many_repeats_as_were_allowed() -> None:
    assert waits(Ceiling(3, 600)) == [0.5, 1, 2]
    assert waits(Ceiling(0, 600)) == []


def test_none_begins_once_the_time_is_over() -> None:
    assert waits(Ceiling(10**9, 60)) == [0.5, 1, 2, 4, 8, 8, 8, 8, 8, 8]


def test_what_cannot_pass_is_not_repeated() -> None:
    assert waits(Ceiling(3, 600), missed("upstream_400", "")) == []


def test_a_wait_that_is_asked_for_is_kept_up_to_two_minutes() -> None:
    def told(seconds: float) -> Miss:
        return Miss(Failure("upstream_429"), again=True, told=seconds)

    assert waits(Ceiling(2, 600), told(120)) == [120, 120]
    assert waits(Ceiling(2, 600), told(121)) == []
