"""Everything of a rollout exactly once: out of Parquet, out of the journal, and as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.feedback import Feedback
from ajar.rollout.feed import GRACE_US, Feed
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.journal import Journal
from ajar.traffic.marks import Marks
from rollout.bench import ROUTE, record
from traffic.conftest import seal_all, write

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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


def test_copies_and_the_inferences_that_they_are_of(tmp_path: Path) -> None:
    copy = record(110, "c", copy_of="a", purpose="shadow", deployment="new")
    write(tmp_path, [record(100, "a"), record(100, "b"), copy])
    taken = Taken(Feed(tmp_path, ROUTE, "x", 50, copies=True))
    taken.poll()
    assert taken.ids == ["a", "c"]
    assert copy in taken.records
    write(tmp_path, [record(120, "d")])
    taken.poll()
    assert taken.ids == ["a", "c", "d"]
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
    assert [time for what, time in happened if what == "passed"] == [300, 600, 650]
    for at, (what, watermark) in enumerate(happened):
        if what == "passed":
            assert all(time >= watermark for kind, time in happened[at:] if kind == "record" and time < 650)
