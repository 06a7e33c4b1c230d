"""What one turn of the steward does, and how it lives with trouble."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ajar.steward import sealer as module
from ajar.steward.sealer import COMPACT_EVERY_S, LONGEST_PAUSE_S, Sealer
from ajar.traffic.segments import list_segments
from traffic.conftest import ids, record, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.traffic.segments import Segment

YEAR = 31_536_000_000_000


class Bench:
    """A sealer with a clock that only the test moves, and its log."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.now = 1000.0
        self.said: list[str] = []
        self.stop = threading.Event()
        self.sealer = Sealer(state, self.said.append, lambda: self.now)

    def turn(self) -> list[str]:
        self.said.clear()
        self.sealer.turn(self.stop)
        return list(self.said)

    def files(self) -> list[Path]:
        return sorted((self.state / "traffic").rglob("*.parquet"))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_turn_without_any_state_says_nothing(bench: Bench) -> None:
    assert bench.turn() == []


def test_a_turn_seals_what_is_there(bench: Bench) -> None:
    write(bench.state, [record()], worker=0)
    write(bench.state, [record()], worker=1)
    assert bench.turn() == []
    assert len(bench.files()) == 2
    assert not list_segments(bench.state / "journal")


def test_past_days_are_compacted_now_and_then(bench: Bench) -> None:
    for _ in range(3):
        write(bench.state, [record(time=YEAR)])
    assert bench.turn() == []
    assert len(bench.files()) == 1, "the first turn compacts"
    bench.turn()
    for _ in range(2):
        write(bench.state, [record(time=YEAR), record(time=2 * YEAR)])
        write(bench.state, [record(time=2 * YEAR)])
    bench.now += COMPACT_EVERY_S - 1
    bench.turn()
    assert len(bench.files()) == 5
    bench.now += 1
    bench.turn()
    assert len(bench.files()) == 3, "one day a turn …"
    bench.turn()
    assert len(bench.files()) == 2, "… and the next in the next turn"
    assert len(ids(bench.state)) == 9


def test_a_segment_that_cannot_be_sealed_is_left_alone_for_a_while(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bench.state, [record()])
    bad = list_segments(bench.state / "journal")[0]
    write(bench.state, [record()], worker=1)
    tried: list[float] = []
    real = module.seal

    def failing(segment: Segment, directory: Path, *, warn: Callable[[str], None]) -> bool:
        if segment.id != bad.id:
            return real(segment, directory, warn=warn)
        tried.append(bench.now)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "seal", failing)
    first = bench.turn()
    assert first == [f"the steward could not seal {bad.id}: [Errno 28] No space left on device; it tries again in 4 s"]
    assert len(bench.files()) == 1, "the others are sealed"
    for _ in range(1200):
        bench.now += 1
        bench.turn()
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses == [4, 8, 16, 32, 64, 128, 256, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    monkeypatch.undo()
    bench.now += LONGEST_PAUSE_S
    assert bench.turn() == []
    assert len(ids(bench.state)) == 2


def test_a_compaction_that_fails_does_not_keep_segments_from_being_sealed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "compact", failing)
    assert bench.turn() == ["the steward could not compact past traffic: MemoryError; it tries again in 4 s"]
    write(bench.state, [record()])
    bench.turn()
    assert len(bench.files()) == 1


def test_damage_is_logged_once(bench: Bench) -> None:
    (bench.state / "journal").mkdir()
    path = bench.state / "journal" / "1-w0.sealed"
    path.write_bytes(b"damage\nand more of it\n")
    assert bench.turn() == [
        f"{path}: skipped a damaged record at byte 0",
        f"{path}: skipped a torn last record at byte 7",
    ]
    assert bench.turn() == []


def test_a_turn_ends_early_when_it_is_to_stop(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in range(3):
        write(bench.state, [record()], worker)
    real = module.seal

    def last(segment: Segment, directory: Path, *, warn: Callable[[str], None]) -> bool:
        bench.stop.set()
        return real(segment, directory, warn=warn)

    monkeypatch.setattr(module, "seal", last)
    bench.turn()
    assert len(list_segments(bench.state / "journal")) == 2
