"""One of the things that the steward does all the time, on a thread of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_PAUSE_S: Final = 300
_EVERY_S: Final = 1.0
_SHORTEST_PAUSE_S: Final = 4


class Duty:
    """Calls `work` every second. What it raises is logged, and it is tried again after a pause; no other duty notices.

    `work` gets the event that is set when the steward ends; it may go on until then. `name` completes "the steward
    could not …".
    """

    def __init__(self, name: str, work: Callable[[threading.Event], object], log: Callable[[str], None]) -> None:
        self._name = name
        self._work = work
        self._log = log
        self._pause_s = 0.0

    def start(self, stop: threading.Event) -> threading.Thread:
        """Go on until `stop` is set."""

        def run() -> None:
            while not stop.is_set():
                stop.wait(self.once(stop))

        thread = threading.Thread(target=run, name=self._name, daemon=True)
        thread.start()
        return thread

    def once(self, stop: threading.Event) -> float:
        """Do it once; in how many seconds the next time is due."""
        try:
            self._work(stop)
        except Exception as error:  # whatever it is: a steward that ends does nothing at all
            self._pause_s = min(max(self._pause_s * 2, _SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
            said = str(error) or type(error).__name__
            self._log(f"the steward could not {self._name}: {said}; it tries again in {self._pause_s:.0f} s")
            return self._pause_s
        self._pause_s = 0.0
        return _EVERY_S
