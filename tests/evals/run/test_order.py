from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter

from ajar.evals.run.order import turns
from doubles.peak import most_held

KNOWN = [(0, False), (2, True), (3, True), (4, False), (1, True), (5, True)]


def test_each_case_comes_once_in_each_repeat() -> None:
    found = list(turns(50, 3, 1))
    assert Counter((turn.case, turn.repeat) for turn in found) == dict.fromkeys(
        itertools.product(range(50), range(3)), 1
    )
    assert [turn.repeat for turn in found] == [0] * 50 + [1] * 50 + [2] * 50


def test_the_seed_decides_and_each_repeat_has_an_order_of_its_own() -> None:
    def order(seed: int, repeat: int) -> list[int]:
        return [turn.case for turn in turns(50, 2, seed) if turn.repeat == repeat]

    assert order(1, 0) == order(1, 0)
    assert len({tuple(order(seed, repeat)) for seed in (1, 2) for repeat in (0, 1)} | {tuple(range(50))}) == 5


def test_the_order_is_the_same_on_every_machine() -> None:
    found = [(turn.case, turn.baseline_first) for turn in turns(6, 1, 7)]
    assert found == KNOWN
    # Text hashes and the like differ from process to process.
    program = "from ajar.evals.run.order import turns; print([(t.case, t.baseline_first) for t in turns(6, 1, 7)])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(KNOWN)


def test_each_arm_goes_first_half_of_the_time() -> None:
    first = sum(turn.baseline_first for turn in turns(4000, 1, 3))
    assert abs(first - 2000) < 160  # five standard deviations


def test_each_case_may_come_anywhere() -> None:
    places = Counter(next(turns(4, 1, seed)).case for seed in range(2000))
    assert all(abs(count - 500) < 100 for count in places.values())


def test_a_hundred_thousand_cases_take_a_megabyte() -> None:
    def drawn() -> None:
        for _ in turns(100_000, 1, 1):
            pass

    assert most_held(drawn, 1_000_000) < 1_000_000
