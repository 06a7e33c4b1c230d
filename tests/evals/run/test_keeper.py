from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.answer import Answer
from ajar.evals.run.breaker import Breaker
from ajar.evals.run.keeper import Keeper
from ajar.evals.run.miss import Miss
from ajar.evals.run.options import RunOptions
from ajar.evals.sample import Failure, Sample
from evals.run.small import Small, arms, begin, target

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.run.journal import Journal


class Desk:
    """A keeper with a journal, and what came of it."""

    def __init__(self, path: Path, most: int = 3) -> None:
        self.stopped: list[str] = []
        self.journal: Journal = begin(path / "j", Small(99), arms("http://h/v1"), RunOptions())
        self.keeper = Keeper(self.journal, self.stopped.append)
        self.breaker = Breaker(target("http://h/v1"), most)
        self.number = 0

    def fails(self, code: str = "upstream_500", breaker: Breaker | None = None, began: float | None = None) -> None:
        failure = Failure(code)
        sample = self._sample(error=failure)
        began = self.number if began is None else began
        trip = self.keeper.failed(sample, breaker or self.breaker, Miss(failure), began)
        if trip is not None:
            self.keeper.end(trip.why)

    def answers(self) -> None:
        self.breaker.answered(self.number + 0.5)
        self.keeper.release(self.breaker)
        self.keeper.answered(self._sample(answer=Answer()))

    def _sample(self, answer: Answer | None = None, error: Failure | None = None) -> Sample:
        self.number += 1
        return Sample(case=self.number, id="x", arm="candidate", repeat=0, answer=answer, error=error)

    @property
    def kept(self) -> list[int]:
        return [sample.case for sample in self.journal.replay()]


def test_errors_wait_for_what_follows_and_keep_their_order(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.fails()
    desk.fails()
    assert desk.kept == []
    desk.answers()
    assert desk.kept == [1, 2, 3]
    desk.fails()
    desk.fails("timeout")
    assert desk.kept == [1, 2, 3, 4]
    desk.keeper.flush()
    assert desk.kept == [1, 2, 3, 4, 5]
    desk.journal.close()


def test_errors_that_end_the_run_are_not_kept_and_nothing_after_them(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    other = Breaker(target("http://other/v1"), 3)
    desk.answers()
    desk.fails(breaker=other)
    for _ in range(3):
        desk.fails()
    assert len(desk.stopped) == 1
    desk.answers()
    desk.fails()
    desk.keeper.flush()
    assert desk.kept == [1]
    desk.journal.close()


def test_many_errors_after_the_last_answer_are_in_doubt_even_where_they_began_before_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.answers()
    for _ in range(2):
        desk.fails(began=0)
    assert desk.keeper.doubt(desk.breaker) is None
    desk.fails(began=0)
    assert desk.stopped == []
    trip = desk.keeper.doubt(desk.breaker)
    assert trip is not None
    assert not trip.sure
    assert "3 times in a row (upstream_500: no message)" in trip.why
    desk.keeper.release(desk.breaker)
    assert (desk.kept, desk.keeper.doubt(desk.breaker)) == ([1, 2, 3, 4], None)
    desk.journal.close()


def test_without_a_breaker_errors_are_kept_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path, most=0)
    for _ in range(50):
        desk.fails()
    assert len(desk.kept) == 50
    desk.journal.close()


def test_one_who_ends_the_run_is_heard_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.fails()
    desk.keeper.end("enough")
    desk.keeper.end("really")
    assert desk.stopped == ["enough"]
    assert desk.kept == []
    desk.journal.close()
