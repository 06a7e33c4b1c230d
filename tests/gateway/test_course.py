"""Which deployment is asked next, as a pure decision."""

from __future__ import annotations

import pytest

from ajar.gateway.course import Course, Step


def any_(at: int) -> bool:
    del at
    return True


def course(targets: int = 2, attempts: int | None = None, seconds: float = 100) -> Course:
    return Course(targets, attempts, seconds, 0.0)


def take(it: Course, now: float = 1.0) -> Step | None:
    """The next step, begun."""
    step = it.next(now, any_)
    if step is not None:
        it.begin(step.at)
    return step


def test_each_is_asked_once_and_at_once() -> None:
    it = course(3)
    assert [take(it), take(it), take(it), take(it)] == [Step(0, 0.0), Step(1, 0.0), Step(2, 0.0), None]


def test_what_may_pass_is_repeated_after_everybody_was_asked() -> None:
    it = course()
    assert take(it) == Step(0, 0.0)
    it.may_repeat(0, 1.0, None, 0.0)
    assert take(it) == Step(1, 0.0), "another deployment comes before waiting"
    assert take(it) == Step(0, 0.5)
    it.may_repeat(0, 2.0, None, 0.0)
    assert take(it, 2.0) == Step(0, 1.0), "the second pause is longer"
    it.may_repeat(0, 3.0, None, 0.0)
    assert take(it, 3.0) is None, "each once, and two more"


def test_the_one_that_is_ready_first_is_repeated_first() -> None:
    it = course(2, 4)
    take(it)
    it.may_repeat(0, 1.0, 9.0, 0.0)
    take(it)
    it.may_repeat(1, 1.0, 2.0, 0.0)
    assert take(it) == Step(1, 2.0)


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempts_are_a_limit(attempts: int) -> None:
    it = course(2, attempts)
    made = 0
    while (step := take(it)) is not None:
        it.may_repeat(step.at, 1.0, None, 0.0)
        made += 1
    assert made == attempts


def test_time_is_a_limit_for_beginning_and_for_waiting() -> None:
    it = course(1, 5, 10)
    take(it)
    it.may_repeat(0, 9.0, 2.0, 0.0)
    assert it.next(9.0, any_) is None, "its time comes after the budget's end"
    assert course(1, 5, 10).next(10.0, any_) is None
    assert course(1, 5, 10).left_s(4.0) == 6.0


def test_who_asks_for_minutes_is_not_waited_for() -> None:
    it = course(1)
    take(it)
    it.may_repeat(0, 1.0, 31.0, 0.0)
    assert take(it) is None


def test_who_cannot_be_used_is_passed_over_and_comes_later() -> None:
    it = course(2, 5)
    step = it.next(1.0, lambda at: at == 1)
    assert step == Step(1, 0.0)
    it.begin(1)
    assert it.fresh == (0,)
    assert take(it) == Step(0, 0.0)


def test_the_least_ill_is_the_last_word() -> None:
    it = course(3)
    it.begin(2)
    it.stop()
    it.may_repeat(2, 1.0, None, 0.0)
    assert take(it) is None
    assert it.spent


def test_a_stop_is_a_stop() -> None:
    it = course()
    take(it)
    it.may_repeat(0, 1.0, None, 0.0)
    it.stop()
    assert take(it) is None
