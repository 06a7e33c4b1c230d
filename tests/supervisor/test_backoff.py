from __future__ import annotations

from ajar.supervisor.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff()
    pauses = [backoff.pause(0) for _ in range(12)]
    steps = [min(0.2 * 2**number, 30) for number in range(12)]
    assert all(step / 2 <= pause <= step for pause, step in zip(pauses, steps, strict=True))


def test_a_process_that_was_well_for_a_minute_starts_over() -> None:
    backoff = Backoff()
    for _ in range(10):
        backoff.pause(59)
    assert backoff.pause(59) > 10
    assert backoff.pause(60) <= 0.2


def test_the_longest_pause_can_be_shorter() -> None:
    backoff = Backoff(longest_s=1)
    assert max(backoff.pause(0) for _ in range(20)) <= 1
