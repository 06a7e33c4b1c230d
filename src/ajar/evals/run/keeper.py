"""What becomes of a sample: it is written down, unless it is one of the errors that end the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import JournalError

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

    def answered(self, sample: Sample, breaker: Breaker | None) -> None:
        """There is an answer of the breaker's target; None: it was there already."""
        if self._ended:
            return
        if breaker is not None:
            breaker.answered()
            self._release(breaker)
        self._write(sample)

    def failed(self, sample: Sample, breaker: Breaker, miss: Miss) -> None:
        """There is none, and this is why."""
        if self._ended:
            return
        why = breaker.failed(miss)
        if why is not None:
            self.end(why)
            return
        held = self._held.get(breaker)
        if held and held[0].error and sample.error and held[0].error.code != sample.error.code:
            self._release(breaker)
        self._held.setdefault(breaker, []).append(sample)
        if not breaker.most:
            self._release(breaker)

    def end(self, why: str) -> None:
        """The run must end, for this reason; nothing more is kept."""
        if not self._ended:
            self._ended = True
            self._stop(why)

    def flush(self) -> None:
        """The run came to its own end: write down what is held back."""
        for breaker in list(self._held):
            self._release(breaker)

    def _release(self, breaker: Breaker) -> None:
        for sample in self._held.pop(breaker, ()):
            self._write(sample)

    def _write(self, sample: Sample) -> None:
        if self._ended:
            return
        try:
            self._journal.append(sample)
            self.kept += 1
        except JournalError as error:
            self.end(error.message)
