"""The journal of feedback: nothing is lost, whoever dies, and past days are one file each."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.feedback import Feedback
from ajar.domain.ids import uuid7
from ajar.steward.sealer import Sealer
from ajar.traffic import feedback as feedback_module
from ajar.traffic.feedback import FeedbackFollower, feedback_journal, latest, read_feedback, tidy
from ajar.traffic.segments import list_segments

if TYPE_CHECKING:
    from pathlib import Path

LATER = "2999-01-01"
_NUMBERS = count()


def said(value: Any, time: int = 1, **fields: Any) -> Feedback:
    values: dict[str, Any] = {
        "id": f"{next(_NUMBERS):04}",
        "time": time,
        "route": "r",
        "metric": "solved",
        "value": value,
        "caller": "shop",
        "inference": "i",
    }
    return Feedback(**values | fields)


def write(state: Path, values: list[Feedback], writer: str | int = 0) -> None:
    journal = feedback_journal(state, writer)
    for value in values:
        journal.append(value)
    journal.close()


def values(state: Path) -> list[Any]:
    return sorted(one.value for one in read_feedback(state, warn=unexpected))


def unexpected(message: str) -> None:
    raise AssertionError(message)


def names(state: Path) -> list[str]:
    return sorted(path.suffix or path.name for path in (state / "feedback").iterdir())


def test_what_is_written_comes_back_whatever_it_is(tmp_path: Path) -> None:
    kept = [
        said(True),
        said(0.25, source="check", metric="valid"),
        said(None, source="check", metric="valid"),
        said("ein\nWort \x00 “”", metric="comment", said=5),
        said([{"role": "user", "content": [{"type": "text", "text": "x"}]}], inference=None, unit_hash="u"),
    ]
    write(tmp_path, kept[:3], "steward")
    write(tmp_path, kept[3:])
    assert sorted(read_feedback(tmp_path), key=lambda one: one.id) == kept
    assert {segment.id.rpartition("-")[2] for segment in list_segments(tmp_path / "feedback")} == {"steward", "w0"}


def test_half_a_surrogate_pair_costs_no_value(tmp_path: Path) -> None:
    write(tmp_path, [said([{"role": "user", "\udc00": "a\ud800"}], metric="demonstration")])
    assert [one.value for one in read_feedback(tmp_path)] == [[{"role": "user", "?": "a?"}]]


def test_what_grows_is_read_too(tmp_path: Path) -> None:
    assert list(read_feedback(tmp_path)) == []
    journal = feedback_journal(tmp_path, 0)
    journal.append(said(1))
    assert values(tmp_path) == [1]
    journal.close()


def test_a_correction_counts_and_what_is_anothers_stays(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            said("late", 9, id="a"),
            said("first", 1, id="a"),
            said("another's", 3, id="a", caller="desk"),
            said("of another route", 4, id="a", route="s"),
            said("a check's", 5, id="a", source="check"),
            said("of another id", 2, id="b"),
        ],
    )
    shown = [one.value for one in latest(read_feedback(tmp_path))]
    assert shown == ["of another id", "another's", "of another route", "a check's", "late"]


def test_a_past_day_becomes_one_file(tmp_path: Path) -> None:
    write(tmp_path, [said(1), said(2)])
    write(tmp_path, [said(3)], 1)
    assert tidy(tmp_path) == 0, "today's stay as they are"
    assert tidy(tmp_path, today=LATER) == 2
    assert names(tmp_path) == [".day"]
    assert values(tmp_path) == [1, 2, 3]
    write(tmp_path, [said(4)])
    assert tidy(tmp_path, today=LATER) == 1
    assert names(tmp_path) == [".day"]
    assert values(tmp_path) == [1, 2, 3, 4]
    assert tidy(tmp_path, today=LATER) == 0


def test_what_a_living_writer_holds_is_left_alone(tmp_path: Path) -> None:
    journal = feedback_journal(tmp_path, 0)
    journal.append(said(1))
    assert tidy(tmp_path, today=LATER) == 0
    journal.append(said(2))
    assert values(tmp_path) == [1, 2]
    journal.close()


def test_what_a_killed_writer_left_is_merged_but_for_what_is_torn(tmp_path: Path) -> None:
    write(tmp_path, [said(1), said(2)])
    (segment,) = list_segments(tmp_path / "feedback")
    segment.path.rename(segment.path.with_suffix(".open"))
    with segment.path.with_suffix(".open").open("ab") as file:
        file.write(b"01234567 {")
    (tmp_path / "feedback" / f"{uuid7()}-w1.open").touch()
    warnings: list[str] = []
    assert tidy(tmp_path, today=LATER, warn=warnings.append) == 2
    assert "torn last record" in warnings[0]
    assert names(tmp_path) == [".day"]
    assert values(tmp_path) == [1, 2]


def test_without_a_single_value_there_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "feedback").mkdir()
    (tmp_path / "feedback" / f"{uuid7()}-w1.open").touch()
    assert tidy(tmp_path, today=LATER) == 1
    assert names(tmp_path) == []
    assert tidy(tmp_path / "none", today=LATER) == 0


def test_damage_is_kept_for_a_person_to_look_at(tmp_path: Path) -> None:
    write(tmp_path, [said(1), said(2), said(3)])
    (segment,) = list_segments(tmp_path / "feedback")
    segment.path.write_bytes(segment.path.read_bytes().replace(b'"value":2', b'"value":9'))
    warnings: list[str] = []
    tidy(tmp_path, today=LATER, warn=warnings.append)
    assert "damaged record" in warnings[0]
    assert names(tmp_path) == [".damaged", ".day"]
    assert values(tmp_path) == [1, 3]


@pytest.mark.parametrize("dies_at", ["fsync", "rename", "unlink"])
def test_whoever_dies_while_merging_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: str
) -> None:
    write(tmp_path, [said(1, id="1"), said(2, id="2")])
    tidy(tmp_path, today=LATER)
    write(tmp_path, [said(3, id="3")])
    place = os if dies_at == "fsync" else type(tmp_path)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, dies_at, die)
        with pytest.raises(KeyboardInterrupt):
            tidy(tmp_path, today=LATER)
    assert [one.value for one in latest(read_feedback(tmp_path, warn=unexpected))] == [1, 2, 3]
    tidy(tmp_path, today=LATER)
    assert names(tmp_path) == [".day"]
    assert [one.value for one in latest(read_feedback(tmp_path, warn=unexpected))] == [1, 2, 3]


def test_many_segments_are_merged_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_module, "_AT_ONCE", 3)
    for number in range(8):
        write(tmp_path, [said(number)])
    assert tidy(tmp_path, today=LATER) == 8
    assert values(tmp_path) == list(range(8))


def test_a_follower_sees_each_value_once_and_holds_nothing_that_is_done(tmp_path: Path) -> None:
    write(tmp_path, [said("before")])
    with closing(FeedbackFollower(tmp_path)) as follower:
        assert not follower._files
        for number in range(30):
            write(tmp_path, [said(number)], number)
        assert sorted(one.value for one in follower.poll()) == list(range(30))
        assert not follower._files, "sealed segments stay where they are"
        assert follower.poll() == []
        journal = feedback_journal(tmp_path, 0)
        journal.append(said("grows"))
        assert [one.value for one in follower.poll()] == ["grows"]
        tidy(tmp_path, today=LATER)
        assert follower.poll() == []
        journal.append(said("last"))
        journal.close()
        tidy(tmp_path, today=LATER)
        assert [one.value for one in follower.poll()] == ["last"]
        assert not follower._files
        assert not follower._done


def test_the_sealer_does_not_touch_it(tmp_path: Path) -> None:
    write(tmp_path, [said(1)])
    Sealer(tmp_path, unexpected).turn(threading.Event())
    assert names(tmp_path) == [".sealed"]
