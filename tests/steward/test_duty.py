from __future__ import annotations

import threading
import time
from itertools import pairwise

from ajar.steward.duty import LONGEST_PAUSE_S, Duty


class Work:
    """Fails as long as `error` is set."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.done = 0

    def __call__(self, stop: threading.Event) -> None:
        if self.error is not None:
            raise self.error
        self.done += 1


def test_it_is_done_every_second() -> None:
    work, said = Work(), list[str]()
    assert Duty("work", work, said.append).once(threading.Event()) == 1
    assert (work.done, said) == (1, [])


def test_what_fails_is_said_and_tried_again_ever_more_seldom() -> None:
    work, said = Work(), list[str]()
    duty, stop = Duty("look after rollouts", work, said.append), threading.Event()
    work.error = OSError(28, "No space left on device")
    pauses = [duty.once(stop) for _ in range(9)]
    assert pauses[0] == 4
    assert all(later == min(2 * earlier, LONGEST_PAUSE_S) for earlier, later in pairwise(pauses))
    assert said[0] == (
        "the steward could not look after rollouts: [Errno 28] No space left on device; it tries again in 4 s"
    )
    work.error = None
    assert duty.once(stop) == 1
    work.error = MemoryError()
    assert duty.once(stop) == 4
    assert said[-1] == "the steward could not look after rollouts: MemoryError; it tries again in 4 s"


def test_it_ends_when_it_is_to_stop() -> None:
    work, stop = Work(), threading.Event()
    thread = Duty("work", work, lambda _: None).start(stop)
    deadline = time.monotonic() + 5
    while not work.done and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert work.done == 1
