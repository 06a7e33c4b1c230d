"""What the steward does besides sealing: every duty, in one place. Each imports what it needs when it begins."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Final

from ajar.steward.duty import Duty
from ajar.store.begun import begun

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ajar.rollout.conductor import Conductor
    from ajar.rollout.setting import Setting

_TIDY_EVERY_S: Final = 600


def duties(setting: Setting, answers_fd: int, log: Callable[[str], None]) -> list[Duty]:
    """All of them. Answers come from `answers_fd`; -1: none come."""

    @cache
    def conductor() -> Conductor:
        from ajar.rollout.conductor import Conductor

        return Conductor(setting, log)

    def look_after_rollouts(_: Event) -> None:
        # Who never swaps does not pay for what that takes: 58 MB, and 0.6 s of CPU at each start.
        if conductor.cache_info().currsize or begun(setting.state_dir):
            conductor().turn()

    def check(stop: Event) -> None:
        from ajar.rollout.checking import Checking

        Checking(setting, os.dup(answers_fd), log).run(stop)

    def tidy_feedback(stop: Event) -> None:
        from ajar.traffic.feedback import tidy

        tidy(setting.state_dir, warn=log)
        stop.wait(_TIDY_EVERY_S)

    found = [
        Duty("look after rollouts", look_after_rollouts, log),
        Duty("merge past feedback", tidy_feedback, log),
    ]
    if answers_fd >= 0:
        found.append(Duty("check answers", check, log))
    return found
