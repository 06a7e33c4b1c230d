"""Following the journal while it is written."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ajar.traffic.follow import Follower
from ajar.traffic.frame import pack
from ajar.traffic.journal import Journal
from traffic.conftest import record, seal_all

if TYPE_CHECKING:
    from pathlib import Path


def routes(follower: Follower) -> list[str | None]:
    return [one.route for one in follower.poll()]


def test_only_what_is_new_is_seen_and_only_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    journal.append(record(route="before", response="x" * 200_000))
    with closing(Follower(tmp_path / "journal")) as follower:
        assert routes(follower) == []
        journal.append(record(route="a"))
        journal.append(record(route="b"))
        assert routes(follower) == ["a", "b"]
        assert routes(follower) == []
        journal.append(record(route="c"))
        assert routes(follower) == ["c"]
    journal.close()


def test_segments_and_workers_may_come_and_go(tmp_path: Path) -> None:
    with closing(Follower(tmp_path / "journal")) as follower:
        assert routes(follower) == []
        one = Journal(tmp_path / "journal", 0, max_bytes=1)
        two = Journal(tmp_path / "journal", 1)
        for number in range(5):
            one.append(record(time=number, route=f"a{number}"))
        two.append(record(time=2, route="b"))
        assert sorted(map(str, routes(follower))) == ["a0", "a1", "a2", "a3", "a4", "b"]
        one.append(record(route="last"))
        one.close()
        two.append(record(route="sealed at once"))
        two.close()
        seal_all(tmp_path)
        assert routes(follower) == ["sealed at once"], "what was moved before it was seen open is in the past"
        assert not follower._files


def test_a_segment_that_is_known_is_read_to_its_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", 0)
    with closing(Follower(tmp_path / "journal")) as follower:
        journal.append(record(route="a"))
        journal.close()
        seal_all(tmp_path)
        assert routes(follower) == ["a"]


def test_half_a_record_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    path = tmp_path / "journal" / "1-w0.open"
    data = pack(record(route="a")) + pack(record(route="b")) + pack(record(route="c"))
    path.write_bytes(data[:10])
    warnings: list[str] = []
    with closing(Follower(tmp_path / "journal", warn=warnings.append)) as follower:
        seen: list[str | None] = []
        with path.open("ab", buffering=0) as file:
            for start in range(10, len(data), 7):
                file.write(data[start : start + 7])
                seen += routes(follower)
            assert seen == ["a", "b", "c"]
            assert not warnings
            file.write(b"damage\n" + pack(record(route="d")))
            assert routes(follower) == ["d"]
    assert warnings == [f"{path}: skipped a damaged record at byte {len(data)}"]


def test_what_is_taken_back_is_forgotten(tmp_path: Path) -> None:
    """Whoever reads while a writer tries for room and then writes may find the one joined to the other's end."""
    journal = Journal(tmp_path / "journal", 0)
    warnings: list[str] = []
    follower = Follower(tmp_path / "journal", warn=warnings.append)
    with closing(follower), journal.path.open("ab", buffering=0) as file:
        for seen in (b" " * 5000, b" " * 3000 + b'end of a record"}\n0a0b', b" " * 100_000):
            file.write(seen)
            assert routes(follower) == []
            file.truncate(0)
        journal.append(record(route="a", response="x" * 1000))
        journal.append(record(route="b", response="x" * 5000))
        assert routes(follower) == ["a", "b"]
    journal.close()
    assert not warnings


def test_records_of_several_workers_come_in_the_order_of_time(tmp_path: Path) -> None:
    journals = [Journal(tmp_path / "journal", worker) for worker in range(3)]
    with closing(Follower(tmp_path / "journal")) as follower:
        for number in range(9):
            journals[number % 3].append(record(time=100 - number, route=str(number)))
        assert routes(follower) == list("876543210")
    for journal in journals:
        journal.close()
