"""The pace beside simulated targets: no clock, no socket, no chance."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import inf
from random import Random

import pytest

from ajar.evals.run.pace import Pace


@dataclass
class AtOnce:
    """Answers so many at a time."""

    most: int
    told_s: float | None = None

    def takes(self, now: float, running: int) -> bool:
        return running < self.most

    def told(self, now: float) -> float | None:
        return self.told_s


@dataclass
class Bucket:
    """Answers so many a second, and as many at once after a rest."""

    rate: float
    told_s: float | None = None
    left: float = 0
    at: float = 0

    def takes(self, now: float, running: int) -> bool:
        self.left = min(self.rate, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def told(self, now: float) -> float | None:
        return self.told_s


@dataclass
class Window:
    """Answers so many in each window of time, and tells when the next begins."""

    most: int
    seconds: float
    began: float = 0
    used: int = 0

    def takes(self, now: float, running: int) -> bool:
        if now - self.began >= self.seconds:
            self.began = now - (now - self.began) % self.seconds
            self.used = 0
        self.used += 1
        return self.used <= self.most

    def told(self, now: float) -> float | None:
        return self.began + self.seconds - now


@dataclass
class Seen:
    """`refused` and `rate` are those of the second half."""

    refused: float
    rate: float
    pace: Pace


def simulate(
    target: AtOnce | Bucket | Window, took_s: float, seconds: float, pace: Pace | None = None, now: float = 0.0
) -> Seen:
    """Ask as much as the pace allows; answers take `took_s`, give or take a half, and refusals 2 ms."""
    pace = pace or Pace()
    chance = Random(1)
    running, half, end = 0, now + seconds / 2, now + seconds
    ends: list[tuple[float, int, float, bool]] = []
    log: list[tuple[float, bool]] = []
    while now < end:
        wait = pace.ready_in(now)
        if not wait:
            pace.start(now)
            taken = target.takes(now, running)
            running += taken
            heapq.heappush(ends, (now + (took_s * (0.5 + chance.random()) if taken else 0.002), len(log), now, taken))
            log.append((now, taken))
        elif not ends or now + wait < ends[0][0]:
            now += wait + 1e-9
        else:
            now, _, began, taken = heapq.heappop(ends)
            running -= taken
            if taken:
                pace.succeeded(began, now)
            else:
                pace.refused(began, now, target.told(now))
            pace.end()
    late = [taken for at, taken in log if at > half]
    return Seen(1 - sum(late) / len(late), sum(late) / (seconds / 2), pace)


@pytest.mark.parametrize("told_s", [None, 1.0])
@pytest.mark.parametrize("took_s", [0.02, 1.0])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 6, 8, 12, 16, 32])
def test_a_target_that_answers_so_many_at_once_is_seldom_asked_more(
    most: int, took_s: float, told_s: float | None
) -> None:
    seen = simulate(AtOnce(most, told_s), took_s, 60 if took_s < 1 else 1200)
    assert seen.refused < 0.01
    if told_s is None or took_s == 1:
        assert seen.rate > 0.85 * most / took_s


@pytest.mark.parametrize("told_s", [None, 1.0])
@pytest.mark.parametrize("took_s", [0.005, 0.5])
@pytest.mark.parametrize("rate", [2, 20, 100])
def test_a_target_that_answers_so_many_a_second_is_seldom_asked_more(
    rate: int, took_s: float, told_s: float | None
) -> None:
    seen = simulate(Bucket(rate, told_s), took_s, 120)
    assert seen.refused < 0.03
    assert seen.rate > 0.75 * rate


def test_a_limit_for_each_minute_is_kept() -> None:
    seen = simulate(Window(600, 60), 0.1, 1200)
    assert seen.refused < 0.01
    assert seen.rate > 9


def test_it_begins_with_eight_and_adds_one_for_each_window_of_answers() -> None:
    pace = Pace()
    assert pace.limit == 8

    def window(now: float) -> None:
        for _ in range(pace.limit):
            pace.start(now)
        for _ in range(pace.running):
            pace.succeeded(now, now + 1)
        while pace.running:
            pace.end()

    window(0)
    assert pace.limit == 9
    for now in range(1, 200):
        window(now)
    assert pace.limit == 64


def test_it_never_grows_past_the_most() -> None:
    assert simulate(AtOnce(100), 0.02, 20, Pace(most=5)).pace.limit == 5
    assert Pace(most=3).limit == 3


def test_a_limit_that_does_not_limit_does_not_grow() -> None:
    pace = Pace()
    for now in range(100):
        pace.start(now)
        pace.succeeded(now, now + 1)
        pace.end()
    assert pace.limit == 8


def test_many_refusals_of_one_round_trip_halve_once() -> None:
    pace = Pace()
    for _ in range(8):
        pace.start(0)
    for _ in range(8):
        pace.refused(0, 0.1, None)
        pace.end()
    assert pace.limit == 4
    pace.start(0.2)
    pace.refused(0.2, 0.3, None)
    assert pace.limit == 2


def test_it_never_falls_below_one_but_rests() -> None:
    pace = Pace()
    for turn in range(50):
        now = turn * 1000.0
        pace.start(now)
        pace.refused(now, now + 0.1, None)
        pace.end()
        assert pace.limit >= 1
    assert 0 < pace.rest_s <= 60
    assert pace.held_s(now + 0.1) <= 60


def test_nothing_is_sent_while_the_target_asks_to_wait_and_two_minutes_are_the_most() -> None:
    pace = Pace()
    pace.start(0)
    pace.refused(0, 1, 30)
    pace.end()
    assert pace.ready_in(1) == 30
    assert pace.ready_in(31) == 0
    pace.start(31)
    pace.refused(31, 32, 9999)
    pace.end()
    assert pace.ready_in(32) == 120


def test_what_was_sent_before_a_refusal_can_still_ask_for_a_longer_wait() -> None:
    pace = Pace()
    pace.start(0)
    pace.start(0)
    pace.refused(0, 1, 5)
    pace.refused(0, 1.5, 60)
    assert pace.held_s(1.5) == 60


def test_holds_grow_while_nothing_is_answered() -> None:
    pace = Pace()
    holds: list[float] = []
    now = 0.0
    for _ in range(12):
        pace.start(now)
        pace.refused(now, now, None)
        pace.end()
        holds.append(pace.held_s(now))
        now += 1000
    assert holds == [0, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_a_target_that_has_answered_is_given_time_to_come_back() -> None:
    pace = Pace()
    pace.start(0)
    pace.unreachable(0, 1)
    pace.end()
    assert pace.ready_in(1) == 0  # it may never have been there
    pace.start(2)
    pace.succeeded(2, 3)
    pace.end()
    for now, held in ((4, 0.5), (5, 1), (7, 2)):
        pace.start(now)
        pace.unreachable(now, now)
        pace.end()
        assert pace.held_s(now) == held
    assert pace.limit == 8


def test_as_many_as_may_run_do_and_no_more() -> None:
    pace = Pace(most=2)
    pace.start(0)
    assert pace.ready_in(0) == 0
    pace.start(0)
    assert pace.ready_in(0) == inf
    pace.end()
    assert pace.ready_in(0) == 0


def test_nothing_new_is_begun_while_as_many_wait_to_be_sent_again() -> None:
    pace = Pace(most=2)
    pace.waiting = 2
    assert pace.ready_in(0) == inf
    assert pace.ready_in(0, urgent=True) == 0
    pace.waiting = 1
    assert pace.ready_in(0) == 0


def test_a_target_that_is_freed_is_asked_more_again() -> None:
    target = AtOnce(4)
    pace = simulate(target, 0.02, 30).pace
    assert pace.limit <= 5
    target.most = 100
    while pace.running:
        pace.end()
    assert simulate(target, 0.02, 60, pace, now=31).pace.limit == 64
