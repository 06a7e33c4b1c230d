"""Everything of a rollout exactly once: out of Parquet, out of the journal, and as it comes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.feedback import Feedback
from ajar.rollout.feed import GRACE_US, Feed
from ajar.traffic.compact import compact
from ajar.traffic.feedback import feedback_journal, tidy
from ajar.traffic.journal import Journal
from ajar.traffic.marks import Marks
from rollout.bench import ROUTE, SECOND, record
from traffic.conftest import seal_all, write

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.domain.record import InferenceRecord


class Taken:
    """What a feed hands over."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.records: list[InferenceRecord] = []
        self.feedback: list[Feedback] = []

    def poll(self, now: int = 1000) -> int:
        return self.feed.poll(now, self.records.append, self.feedback.append)

    @property
    def ids(self) -> list[str]:
        return sorted(one.id for one in self.records)


def ours(id_: str, time: int = 100, **fields: Any) -> InferenceRecord:
    values = {"experiment": "x", "epoch": 1, "unit_hash": "ab", "variant": "old"}
    return record(time, id_, **(values | fields))


def said(id_: str, route: str = ROUTE, time: int = 150) -> Feedback:
    return Feedback(id=id_, time=time, route=route, metric="m", value=True, caller="shop", inference="a")


def test_wherever_it_is(tmp_path: Path) -> None:
    write(tmp_path, [ours("a"), ours("other", experiment="y"), ours("early", time=1)])
    seal_all(tmp_path)
    journal = Journal(tmp_path / "journal", 0)
    journal.append(ours("b"))
    feedback = feedback_journal(tmp_path, 0)
    feedback.append(said("1"))
    feedback.append(said("2", "another route"))
    feedback.append(said("3", time=2))
    taken = Taken(Feed(tmp_path, ROUTE, "x", 50))
    taken.poll()
    assert taken.ids == ["a", "b"]
    assert ours("a") in taken.records  # as it was
    assert [one.id for one in taken.feedback] == ["1"]
    journal.append(ours("c"))
    journal.append(ours("d", experiment="y"))
    feedback.append(said("4"))
    taken.poll()
    taken.poll()
    assert taken.ids == ["a", "b", "c"]
    assert [one.id for one in taken.feedback] == ["1", "4"]
    for one in (taken.feed, journal, feedback):
        one.close()


def test_copies_and_the_inferences_of_the_route(tmp_path: Path) -> None:
    copy = record(110, "c", copy_of="a", purpose="shadow", deployment="new")
    write(tmp_path, [record(100, "a"), record(100, "b"), copy])
    taken = Taken(Feed(tmp_path, ROUTE, "x", 50, copies=True))
    taken.poll()
    assert taken.ids == ["a", "b", "c"]  # "b" as well: so it is as they come, and one that failed has no copy
    assert copy in taken.records
    write(tmp_path, [record(120, "d")])
    taken.poll()
    assert taken.ids == ["a", "b", "c", "d"]
    taken.feed.close()


def test_the_watermark_is_that_of_the_slowest_worker(tmp_path: Path) -> None:
    feed = Taken(Feed(tmp_path, ROUTE, "x", 0))
    assert feed.poll(10**9) == 10**9 - GRACE_US  # nobody has an experiment
    feed.feed.close()
    (tmp_path / "run").mkdir()
    marks = Marks.create(tmp_path / "run" / "marks", 2)
    marks.write(0, 10**8)
    assert feed.poll(10**9) == 10**8 - GRACE_US
    feed.feed.close()
    marks.close()


def test_the_past_comes_in_the_order_of_time_and_need_not_be_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ajar.rollout.feed._ROWS", 3)
    times = [700, 300, 900, 100, 500, 800, 200, 600, 400]
    write(tmp_path, [ours(f"i{time}", time=time) for time in times])
    happened: list[tuple[str, int]] = []
    feed = Feed(tmp_path, ROUTE, "x", 0)
    now = 650 + GRACE_US
    feed.poll(
        now,
        lambda one: happened.append(("record", one.time)),
        lambda _: None,
        lambda watermark: happened.append(("passed", watermark)),
    )
    feed.close()
    assert [time for what, time in happened if what == "record"] == sorted(times)
    assert sorted({time for what, time in happened if what == "passed"}) == [300, 600, 650]
    for at, (what, watermark) in enumerate(happened):
        if what == "passed":
            assert all(time >= watermark for kind, time in happened[at:] if kind == "record" and time < 650)


@pytest.mark.usefixtures("small_parts")
def test_however_files_are_moved_between_its_parts_everything_comes_once(tmp_path: Path) -> None:
    """Segments are sealed, days are merged, and workers go on, while the past is read a few records at a time."""
    now = 1_900_000_000 * SECOND
    write(tmp_path, [ours(f"p{at}", now - 900 * SECOND + at * SECOND) for at in range(200)])
    write(tmp_path, [ours(f"q{at}", now - 850 * SECOND + at * SECOND) for at in range(200)])
    seal_all(tmp_path)
    write(tmp_path, [ours(f"s{at}", now - 800 * SECOND + at * SECOND) for at in range(300)])
    journal, feedback = Journal(tmp_path / "journal", 1), feedback_journal(tmp_path, 0)
    for at in range(200):
        journal.append(ours(f"g{at}", now - 500 * SECOND + at * SECOND))
        feedback.append(said(f"f{at}", time=now - 880 * SECOND + at * 4 * SECOND))
    feed = Feed(tmp_path, ROUTE, "x", now - 1000 * SECOND)
    records: list[InferenceRecord] = []
    words: list[Feedback] = []
    passed = [0]

    def take(one: InferenceRecord) -> None:
        assert one.time >= passed[-1]
        records.append(one)

    polls = 0
    while polls == 0 or feed.read_to is not None:
        polls += 1
        before = len(records)
        passed.append(feed.poll(now, take, words.append, passed.append))
        assert len(records) - before <= 7 + 1  # and the one that comes meanwhile
        journal.append(ours(f"n{polls}", now))
        now += SECOND // 10
        if polls == 30:
            seal_all(tmp_path)
        if polls == 60:
            feedback.close()
            tidy(tmp_path, today="2099-01-01")
            feedback = feedback_journal(tmp_path, 0)
            assert compact(tmp_path / "traffic", "2099-01-01", [])
        assert polls < 500
    feed.poll(now, take, words.append, passed.append)
    assert polls > 100
    assert passed == sorted(passed)
    assert sorted(one.id for one in records) == sorted(
        [f"{kind}{at}" for kind, many in (("p", 200), ("q", 200), ("s", 300), ("g", 200)) for at in range(many)]
        + [f"n{at + 1}" for at in range(polls)]
    )
    assert {one.id for one in words} == {f"f{at}" for at in range(200)}
    for one in (feed, journal, feedback):
        one.close()


@pytest.mark.usefixtures("small_parts")
def test_what_takes_long_is_not_missed(tmp_path: Path) -> None:
    """It began before much that is recorded, and is recorded while that is read, or after it."""
    now = 1_900_000_000 * SECOND
    (tmp_path / "run").mkdir()
    marks = Marks.create(tmp_path / "run" / "marks", 1)
    marks.write(0, now - 500 * SECOND)
    write(tmp_path, [ours(f"i{at:03}", now - 900 * SECOND + at * SECOND) for at in range(800)])
    journal = Journal(tmp_path / "journal", 1)
    taken = Taken(Feed(tmp_path, ROUTE, "x", now - 1000 * SECOND))
    polls = 0
    while polls == 0 or taken.feed.read_to is not None:
        polls += 1
        assert taken.poll(now + polls) <= now - 500 * SECOND
        if polls in (80, 110):  # of some 120
            journal.append(ours(f"long {polls}", now - 500 * SECOND, total_ms=500_000.0))
    journal.append(ours("longest", now - 500 * SECOND, total_ms=500_000.0))
    taken.poll(now + SECOND)
    assert polls > 112
    assert taken.ids == [f"i{at:03}" for at in range(800)] + ["long 110", "long 80", "longest"]
    for one in (taken.feed, journal, marks):
        one.close()


@pytest.mark.usefixtures("small_parts")
def test_after_a_gap_not_all_that_is_due_is_passed_at_once(tmp_path: Path) -> None:
    now = 1_900_000_000 * SECOND
    before = [ours(f"a{at}", now - 3600 * SECOND + at * SECOND) for at in range(200)]
    write(tmp_path, [*before, ours("b", now - 60 * SECOND)])
    feed = Feed(tmp_path, ROUTE, "x", now - 7200 * SECOND)
    passed: list[int] = []
    while not passed or feed.read_to is not None:
        feed.poll(now, lambda _: None, lambda _: None, passed.append)
    assert max(high - low for low, high in pairwise(passed)) == 5 * SECOND
    assert passed[0] < now - 3400 * SECOND
    assert passed[-1] == now - GRACE_US
    feed.close()


def test_a_record_of_a_far_future_is_read_in_no_time(tmp_path: Path) -> None:
    now = 1_900_000_000 * SECOND
    write(tmp_path, [ours("a", now - 60 * SECOND), ours("b", 10_000_000_000 * SECOND)])
    feed = Feed(tmp_path, ROUTE, "x", now - 7200 * SECOND)
    found: list[str] = []
    passed: list[int] = []
    for _ in range(50):
        feed.poll(now, lambda one: found.append(one.id), lambda _: None, passed.append)
    assert feed.read_to is None
    assert (found, passed[-1]) == (["a", "b"], now - GRACE_US)
    feed.close()
