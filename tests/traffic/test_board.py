"""The board: exact sums over processes that count at the same time, die, and are replaced."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import StateError
from ajar.traffic.board import OVERFLOW, Board
from ajar.traffic.region import Region
from ajar.traffic.totals import Total, sum_rounded_up
from traffic.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LABELS = (("route", "a"), ("status", "200"))
BOUNDS = (0.1, 1.0, 10.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "board"


@pytest.fixture
def boards(path: Path) -> Iterator[list[Board]]:
    """The supervisor's view, then those of three workers."""
    found = [Board.create(path, 3, region_bytes=65_536)]
    found += [Board.open(path, worker) for worker in range(3)]
    yield found
    for board in found:
        board.close()


def values(board: Board) -> dict[str, float]:
    """Name and labels as one text, without the overflow."""
    lines = [line for line in board.totals() if line.name != OVERFLOW]
    return {f"{line.name}{''.join(f' {k}={v}' for k, v in line.labels)}": line.value for line in lines}


def test_counters_add_up_over_processes(boards: list[Board]) -> None:
    for weight, board in enumerate(boards, 1):
        board.counter("ajar_x_total", LABELS).add(weight)
        board.counter("ajar_x_total", LABELS).add(0.5)
    boards[1].counter("ajar_x_total", (("route", "b"), ("status", "200"))).add(7)
    assert all(values(board) == values(boards[0]) for board in boards)
    assert values(boards[0]) == {"ajar_x_total route=a status=200": 12.0, "ajar_x_total route=b status=200": 7.0}


def test_the_order_of_labels_does_not_matter_and_a_cell_is_registered_once(boards: list[Board]) -> None:
    assert boards[1].counter("ajar_x_total", LABELS) is boards[1].counter("ajar_x_total", LABELS[::-1])
    assert boards[1].histogram("ajar_h", (), BOUNDS) is boards[1].histogram("ajar_h", (), (0.1, 1, 10))
    boards[1].counter("ajar_x_total", LABELS[::-1]).add(1)
    boards[2].counter("ajar_x_total", LABELS).add(1)
    assert values(boards[0])["ajar_x_total route=a status=200"] == 2


def test_gauges_go_up_and_down(boards: list[Board]) -> None:
    first, second = (board.gauge("ajar_in_flight") for board in boards[1:3])
    first.add(3)
    second.set(5)
    first.add(-1)
    assert (first.value, second.value) == (2, 5)
    assert values(boards[3]) == {"ajar_in_flight": 7}


def test_histograms_count_what_is_at_most_each_bound(boards: list[Board]) -> None:
    for board, observed in zip(boards, ((0.1, 0.11, 99.0), (1.0,), (-1.0, 10.0), ()), strict=True):
        histogram = board.histogram("ajar_h_seconds", (("route", "a"),), BOUNDS)
        for value in observed:
            histogram.observe(value)
    lines = [line for line in boards[0].totals() if line.name != OVERFLOW]
    route = ("route", "a")
    assert lines == [
        Total("ajar_h_seconds_bucket", (route, ("le", "0.1")), 2, "histogram"),
        Total("ajar_h_seconds_bucket", (route, ("le", "1")), 4, "histogram"),
        Total("ajar_h_seconds_bucket", (route, ("le", "10")), 5, "histogram"),
        Total("ajar_h_seconds_bucket", (route, ("le", "+Inf")), 6, "histogram"),
        Total("ajar_h_seconds_sum", (route,), pytest.approx(109.21), "histogram"),
        Total("ajar_h_seconds_count", (route,), 6, "histogram"),
    ]


def test_lines_are_sorted(boards: list[Board]) -> None:
    for name in ("ajar_z_total", "ajar_a_total"):
        for route in "ba":
            boards[1].counter(name, (("route", route),)).add(1)
    assert [(line.name, line.labels[0][1] if line.labels else "") for line in boards[0].totals()] == [
        ("ajar_a_total", "a"),
        ("ajar_a_total", "b"),
        (OVERFLOW, ""),
        ("ajar_z_total", "a"),
        ("ajar_z_total", "b"),
    ]


def test_a_full_region_loses_new_label_sets_and_says_so(boards: list[Board]) -> None:
    early = boards[1].counter("ajar_x_total", (("route", "early"),))
    for number in range(5000):
        boards[1].counter("ajar_x_total", (("route", f"{number}" * 9),)).add(10)
        boards[1].histogram("ajar_h", (("route", f"{number}" * 9),), BOUNDS).observe(3.0)
    lost = next(line for line in boards[0].totals() if line.name == OVERFLOW)
    assert 0 < lost.value < 10_000
    assert lost.kind == "counter"
    kept = sum(value / 10 for name, value in values(boards[0]).items() if name.startswith("ajar_x"))
    kept += sum(value for name, value in values(boards[0]).items() if name.startswith("ajar_h_count"))
    assert kept + lost.value == 10_000, "each observation is either counted or counted as lost"
    early.add(5)
    gauge = boards[1].gauge("ajar_g")
    gauge.set(-5)
    gauge.add(-3)
    assert "ajar_g" not in values(boards[0])
    assert values(boards[0])["ajar_x_total route=early"] == 5
    assert next(line for line in boards[0].totals() if line.name == OVERFLOW).value == lost.value + 2
    boards[0].retire(0)
    assert next(line for line in boards[0].totals() if line.name == OVERFLOW).value == lost.value + 2


@pytest.mark.parametrize(
    ("kind", "name", "labels"),
    [
        ("counter", "2x", ()),
        ("counter", "a-b", ()),
        ("counter", "", ()),
        ("counter", "ajar_x", (("le", "1"),)),
        ("gauge", "ajar_x", (("a-b", "1"),)),
        ("gauge", "ajar_x", (("__name__", "1"),)),
        ("gauge", "ajar_counter_total", ()),
    ],
)
def test_names_that_cannot_be_shown_are_programming_errors(
    boards: list[Board], kind: str, name: str, labels: tuple[tuple[str, str], ...]
) -> None:
    boards[1].counter("ajar_counter_total")
    with pytest.raises(ValueError, match=name or "metric"):
        getattr(boards[1], kind)(name, labels)
    with pytest.raises(ValueError, match="bounds must rise"):
        boards[1].histogram("ajar_h", (), (1.0, 0.5))


def test_retiring_keeps_counters_and_forgets_gauges(boards: list[Board], path: Path) -> None:
    for board in boards:
        board.counter("ajar_x_total", LABELS).add(1)
        board.gauge("ajar_in_flight").add(1)
        board.histogram("ajar_h", (), BOUNDS).observe(2.0)
    before = values(boards[0])
    boards[0].retire(1)
    after = values(boards[0])
    assert after == before | {"ajar_in_flight": 3}
    replacement = Board.open(path, 1)
    assert values(boards[1]) == after
    replacement.counter("ajar_x_total", LABELS).add(1)
    assert values(boards[0])["ajar_x_total route=a status=200"] == 5
    for _ in range(3):
        boards[0].retire(1)
        boards[0].retire(0)
    assert values(boards[0]) == after | {"ajar_in_flight": 2, "ajar_x_total route=a status=200": 5}
    replacement.close()


def test_no_counter_falls_where_region_0_is_full(boards: list[Board], path: Path) -> None:
    for life in "abc":
        worker = Board.open(path, 0)
        for number in range(1000):
            worker.counter("ajar_x_total", (("life", life), ("n", str(number)))).add(1)
        worker.gauge("ajar_in_flight").add(1)
        worker.close()
        before = {line for line in boards[0].totals() if line.kind == "counter"}
        boards[0].retire(0)
        assert {line for line in boards[0].totals() if line.kind == "counter"} == before
        assert values(boards[0]).get("ajar_in_flight", 0) == 0


def test_no_counter_falls_by_rounding(boards: list[Board]) -> None:
    """2⁵³ + 1 is no double: rounded down it would take the total with it."""
    boards[1].counter("ajar_x_total").add(2.0**53)
    boards[0].retire(0)
    for board in boards[2:]:
        board.counter("ajar_x_total").add(1)
    before = values(boards[0])["ajar_x_total"]
    boards[0].retire(1)
    assert values(boards[0])["ajar_x_total"] >= before == 2.0**53 + 2


def test_a_worker_that_starts_where_none_was_retired_goes_on(boards: list[Board], path: Path) -> None:
    boards[1].counter("ajar_x_total").add(4)
    boards[1].gauge("ajar_in_flight").add(4)
    boards[1].histogram("ajar_h", (), BOUNDS).observe(2.0)
    replacement = Board.open(path, 0)
    assert values(boards[0])["ajar_x_total"] == 4
    assert values(boards[0])["ajar_in_flight"] == 0
    replacement.counter("ajar_x_total").add(1)
    replacement.histogram("ajar_h", (), BOUNDS).observe(2.0)
    assert values(boards[0])["ajar_x_total"] == 5
    assert values(boards[0])["ajar_h_count"] == 2
    with pytest.raises(ValueError, match="is a counter elsewhere"):
        replacement.gauge("ajar_x_total")
    replacement.close()


class Crash(Exception):
    """The process is gone."""


def test_a_crash_at_any_point_of_retiring(boards: list[Board], path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for board in boards:
        board.counter("ajar_x_total", LABELS).add(1)
        board.counter("ajar_y_total").add(0.1)
    boards[0].retire(2)
    before = values(boards[0])
    steps = ("append", "clear", "set_folded")
    real = {name: getattr(Region, name) for name in steps}
    done = False
    number = 0
    while not done:
        number += 1
        left = number

        def counted(name: str) -> Any:
            def step(self: Region, *args: Any) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    raise Crash
                return real[name](self, *args)

            return step

        for name in steps:
            monkeypatch.setattr(Region, name, counted(name))
        try:
            boards[0].retire(0)
            done = True
        except Crash:
            pass
        monkeypatch.undo()
        assert values(boards[0]) == before
        if number % 2:
            boards[0].retire(0)
        worker = Board.open(path, 0)
        assert values(worker) == before
        worker.counter("ajar_x_total", LABELS).add(1)
        before["ajar_x_total route=a status=200"] += 1
        assert values(worker) == before
        worker.close()
    assert number > 6


def test_no_counter_ever_falls_while_workers_come_and_go(boards: list[Board], path: Path) -> None:
    """One thread reads; meanwhile workers count fractions, are retired, and are replaced."""
    problems: list[str] = []
    over = threading.Event()

    def watch() -> None:
        reader = Board.open(path, 2)
        last: dict[str, float] = {}
        while not over.is_set():
            now = values(reader)
            fallen = [name for name in last if now.get(name, 0) < last[name]]
            problems.extend(f"{name}: {last[name]!r}, then {now.get(name)!r}" for name in fallen)
            last = now
        reader.close()

    thread = threading.Thread(target=watch)
    thread.start()
    for turn in range(120):
        worker = Board.open(path, turn % 2)
        for number in range(20):
            worker.counter("ajar_x_total", (("n", str(number % 5)),)).add(0.1 * number)
            worker.histogram("ajar_h", (), BOUNDS).observe(number / 7)
        worker.close()
        boards[0].retire(turn % 2)
    over.set()
    thread.join()
    assert not problems
    assert values(boards[0])["ajar_h_count"] == 2400


COUNTER = """
import sys
from pathlib import Path
from ajar.traffic.board import Board

board = Board.open(Path(sys.argv[1]), int(sys.argv[2]))
cell = board.counter("ajar_x_total", (("route", "a"),))
own = board.counter("ajar_own_total", (("worker", sys.argv[2]),))
histogram = board.histogram("ajar_h", (), (1.0, 2.0))
gauge = board.gauge("ajar_in_flight")
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    gauge.add(1)
    cell.add(1)
    own.add(2)
    histogram.observe(number % 3)
    gauge.add(-1)
    if number % 500 == 0:
        board.counter("ajar_late_total", (("n", str(number)),)).add(1)
print("done", flush=True)
sys.stdin.readline()
"""


def counting(path: Path, worker: int, count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", COUNTER, str(path), str(worker), str(count)]
    return subprocess.Popen(arguments, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


def test_four_processes_at_once(path: Path) -> None:
    board = Board.create(path, 4)
    processes = [counting(path, worker, 20_000) for worker in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    last: dict[str, float] = {}
    while values(board).get("ajar_x_total route=a", 0) < 80_000:
        now = values(board)
        assert all(now[name] >= value for name, value in last.items() if name != "ajar_in_flight")
        last = now
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"
    found = values(board)
    assert found["ajar_x_total route=a"] == 80_000
    assert [found[f"ajar_own_total worker={worker}"] for worker in range(4)] == [40_000] * 4
    assert found["ajar_h_bucket le=1"] == 4 * 13_334
    assert found["ajar_h_count"] == 80_000
    assert found["ajar_in_flight"] == 0
    assert [value for name, value in found.items() if name.startswith("ajar_late")] == [4] * 40
    for process in processes:
        end(process)
    board.close()


def test_what_a_killed_process_counted_stays(path: Path) -> None:
    board = Board.create(path, 1)
    total = 0.0
    for _ in range(3):
        process = counting(path, 0, 50_000_000)
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        while values(board).get("ajar_x_total route=a", 0) < total + 1000:
            pass
        os.kill(process.pid, signal.SIGKILL)
        end(process)
        before = values(board)
        assert before["ajar_own_total worker=0"] >= 2 * (before["ajar_x_total route=a"] - 3)
        board.retire(0)
        assert values(board) == before | {"ajar_in_flight": 0} or values(board) == {
            name: value for name, value in before.items() if name != "ajar_in_flight"
        }
        total = before["ajar_x_total route=a"]
    board.close()


def test_a_new_board_takes_the_place_of_an_old_one(path: Path) -> None:
    old = Board.create(path, 2)
    old.counter("ajar_x_total").add(5)
    worker = Board.open(path, 0)
    new = Board.create(path, 1)
    assert values(new) == {}
    worker.counter("ajar_x_total").add(1)
    assert values(old)["ajar_x_total"] == 6
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.stat().st_blocks * 512 >= path.stat().st_size, "no hole that a full disk could leave unfilled"
    for board in (old, worker, new):
        board.close()


def test_what_is_no_board_is_refused(path: Path) -> None:
    Board.create(path, 2).close()
    with pytest.raises(StateError, match="is not a metrics board"):
        Board.open(path, 2)
    path.write_bytes(b"x" * 100_000)
    with pytest.raises(StateError, match="Restart Ajar"):
        Board.open(path, 0)


def test_a_board_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    with pytest.raises(StateError, match=r"Cannot make the metrics board .*/run/board: .*operator"):
        Board.create(tmp_path / "run" / "board", 1)


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=5), st.floats(0, 1e300))
def test_a_sum_that_is_rounded_up_never_makes_a_total_fall(parts: list[float], rest: float) -> None:
    from math import fsum

    assert fsum([sum_rounded_up(parts), rest]) >= fsum([*parts, rest])
    assert sum_rounded_up([1.0, 2.0, 3.0]) == 6.0
