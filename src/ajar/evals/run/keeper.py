"""What becomes of a sample: it is written down, unless it is one of the errors that end the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import JournalError
from ajar.evals.run.breaker import Trip

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evals.run.breaker import Breaker
    from ajar.evals.run.journal import Journal
    from ajar.evals.run.miss import Miss
    from ajar.evals.sample import Sample


class Keeper:
    """Between a run and its journal.

    Errors are held back until an answer of their target or another error follows: those that come before a run's end
    may say nothing about their cases, and are asked again when it is resumed.
    """

    def __init__(self, journal: Journal, stop: Callable[[str], None]) -> None:
        """`stop` is called with the reason why the run must end; from then on nothing is kept."""
        self._journal = journal
        self._stop = stop
        self._held: dict[Breaker, list[Sample]] = {}
        self._ended = False
        self.kept = 0
        """How many samples there were."""

    def answered(self, sample: Sample) -> None:
        """Keep one that has an answer."""
        self._write(sample)

    def failed(self, sample: Sample, breaker: Breaker, miss: Miss, began: float) -> Trip | None:
        """Keep one that has none, because of this miss; it was first sent at `began`.

        Returns what speaks for the run's end; then either `release` follows or `end`.
        """
        if self._ended:
            return None
        trip = breaker.failed(miss, began)
        held = self._held.get(breaker)
        if held and held[0].error and sample.error and held[0].error.code != sample.error.code:
            self.release(breaker)
        self._held.setdefault(breaker, []).append(sample)
        if not breaker.most and trip is None:
            self.release(breaker)
        return trip

    def doubt(self, breaker: Breaker) -> Trip | None:
        """What speaks for the run's end now that nothing is left to be asked: so many errors followed the last answer.

        They began before it, and yet the target may have gone since.
        """
        held = self._held.get(breaker)
        last = held[-1].error if held else None
        if held is None or last is None or not breaker.enough(last.code, len(held)):
            return None
        breaker.doubted = True
        return Trip(breaker.told(last.code, last.message, len(held)), sure=False)

    def release(self, breaker: Breaker) -> None:
        """The breaker's target answers: its errors are those of their cases."""
        for sample in self._held.pop(breaker, ()):
            self._write(sample)

    def end(self, why: str) -> None:
        """The run must end, for this reason; nothing more is kept."""
        if not self._ended:
            self._ended = True
            self._stop(why)

    def flush(self) -> None:
        """The run came to its own end: write down what is held back."""
        for breaker in list(self._held):
            self.release(breaker)

    def _write(self, sample: Sample) -> None:
        if self._ended:
            return
        try:
            self._journal.append(sample)
            self.kept += 1
        except JournalError as error:
            self.end(error.message)
