"""Metrics of all processes of a machine, in one memory-mapped file.

A process writes its own region only and reads all of them, so counting takes no lock and no system call, and what a
killed worker had counted stays. Region 0 is for what dead workers left. It has two halves: a retirement writes the
spare half anew and then makes it the current one by a single store, so that a reader sees the dead worker's values
either in its own region or in region 0, and never in both or neither.

File: a page of header (magic, version, workers, words a region, turn), the two halves, the supervisor's region, and one
region for each worker. `turn` counts retirements; its last bit says which half is current.
"""

from __future__ import annotations

import mmap
import os
import re
from contextlib import suppress
from math import fsum
from typing import TYPE_CHECKING, Final, Self

from ajar.errors import StateError
from ajar.traffic.cells import Cell, Histogram, OverflowCell, OverflowHistogram
from ajar.traffic.region import Kind, Labels, Memory, Metric, Region
from ajar.traffic.totals import Total, lines_of, sum_rounded_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OVERFLOW: Final = "ajar_metrics_overflow_total"
"""The metric that counts the observations for which a region had no room."""

_MAGIC: Final = int.from_bytes(b"ajarbord", "little")
_VERSION: Final = 1
_HEADER_BYTES: Final = 4096
_TURN: Final = 4
_BEFORE_WORKERS: Final = 3
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"(?!__)(?!le$)[a-zA-Z_][a-zA-Z0-9_]*")


class Board:
    """One process's view of the board. Use from one thread."""

    def __init__(self, path: Path, own: int) -> None:
        """Map the board at `path`; region `own` is written to. `create` and `open` are the ways in."""
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(fd, 0)
        finally:
            os.close(fd)
        self._memory = Memory(memoryview(self._map))
        magic, version, self._workers, self._region_words = self._memory.words[:_TURN]
        if (magic, version) != (_MAGIC, _VERSION) or own >= self._workers + _BEFORE_WORKERS:
            raise StateError(f"{path} is not a metrics board for this process. Restart Ajar as a whole.")
        self._own = self._region(own)
        self._kinds: dict[str, Kind] = {}
        self._cells: dict[Metric, Cell] = {}
        self._histograms: dict[Metric, Histogram] = {}

    @classmethod
    def create(cls, path: Path, workers: int, *, region_bytes: int = 4 * 1024 * 1024) -> Self:
        """Put an empty board in place of any old one. For the supervisor, which gets a region of its own.

        `region_bytes` is for each process (4 MiB hold some 15,000 label sets), and is reserved on disk at once.
        StateError where that cannot be done.
        """
        temporary = path.with_name(f".{path.name}.new")
        words = region_bytes // 8
        header = b"".join(word.to_bytes(8, "little") for word in (_MAGIC, _VERSION, workers, words))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, header)
                _reserve(fd, _HEADER_BYTES + (workers + _BEFORE_WORKERS) * words * 8)
            finally:
                os.close(fd)
            board = cls(temporary, _BEFORE_WORKERS - 1)
            for index in range(workers):
                board._region(_BEFORE_WORKERS + index).clear(1)
            temporary.rename(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StateError(
                f"Cannot make the metrics board {path}: {error.strerror}."
                " The operator has to free space on that disk, or let Ajar's user write there."
            ) from error
        return board

    @classmethod
    def open(cls, path: Path, worker: int) -> Self:
        """The board for worker `worker`, counted from 0. What an earlier one counted there goes on; gauges are cleared.

        No two live processes may have the same `worker`. Raises OSError, StateError.
        """
        board = cls(path, _BEFORE_WORKERS + worker)
        if board._own.life <= board._half(board._turn).folded(worker):
            board._own.clear(board._own.life + 1)
        board._adopt()
        return board

    def counter(self, name: str, labels: Labels = ()) -> Cell:
        """A value that only grows. The same name and labels give the same cell; keep it, for speed."""
        return self._cell(Metric("counter", name, tuple(sorted(labels))))

    def gauge(self, name: str, labels: Labels = ()) -> Cell:
        """A value that goes up and down, such as requests in flight. The total is the sum over all live processes."""
        return self._cell(Metric("gauge", name, tuple(sorted(labels))))

    def histogram(self, name: str, labels: Labels, bounds: tuple[float, ...]) -> Histogram:
        """A distribution. `bounds` rise, and are the same wherever the name is used."""
        metric = Metric("histogram", name, tuple(sorted(labels)), tuple(map(float, bounds)))
        if (known := self._histograms.get(metric)) is not None:
            return known
        index = self._register(metric)
        if index is None:
            return OverflowHistogram(self._memory.doubles, self._own.overflow_index, ())
        self._histograms[metric] = made = Histogram(self._memory.doubles, index, metric.bounds)
        return made

    def totals(self) -> list[Total]:
        """The sums over all processes, living and dead, sorted by name and labels. Counters never fall."""
        while True:
            turn = self._turn
            regions = [self._half(turn), *self._live(turn)]
            found = self._values(regions)
            found[Metric("counter", OVERFLOW, ())] = [[region.overflow] for region in regions]
            if self._turn == turn:
                break
        lines: list[Total] = []
        for metric in sorted(found, key=lambda metric: (metric.name, metric.labels)):
            parts = found[metric]
            # Exactly rounded, and so the same however the parts are spread over the regions.
            values = parts[0] if len(parts) == 1 else [fsum(column) for column in zip(*parts, strict=True)]
            lines += lines_of(metric, values)
        return lines

    def retire(self, worker: int) -> None:
        """Fold what a worker counted into region 0 and forget its gauges. Only once it is dead, and by the supervisor.

        May be called again after a crash in the middle.
        """
        region = self._region(_BEFORE_WORKERS + worker)
        turn = self._turn
        current, spare = self._half(turn), self._half(turn + 1)
        if current.folded(worker) < region.life:
            if not self._rewrite(spare, current, region):
                self._clear_gauges(region)  # the next worker goes on with the counters
                return
            for index in range(self._workers):
                spare.set_folded(index, current.folded(index))
            spare.set_folded(worker, region.life)
            self._memory.words[_TURN] = turn + 1
        region.clear(region.life + 1)

    def close(self) -> None:
        """Let go of the file. Cells of this board must not be used afterwards."""
        self._memory.release()
        self._map.close()

    @property
    def _turn(self) -> int:
        return self._memory.words[_TURN]

    def _half(self, turn: int) -> Region:
        return self._region(turn % 2)

    def _live(self, turn: int) -> list[Region]:
        """The regions whose values are not in region 0 at that turn."""
        half = self._half(turn)
        regions = [self._region(_BEFORE_WORKERS + index) for index in range(self._workers)]
        live = [region for index, region in enumerate(regions) if region.life > half.folded(index)]
        return [self._region(_BEFORE_WORKERS - 1), *live]

    def _region(self, index: int) -> Region:
        start = _HEADER_BYTES // 8 + index * self._region_words
        return Region(self._memory, start, start + self._region_words, self._workers)

    def _values(self, regions: list[Region]) -> dict[Metric, list[Sequence[float]]]:
        """For each metric its values in each of the regions that have it."""
        found: dict[Metric, list[Sequence[float]]] = {}
        for region in regions:
            for metric, index in region.entries():
                values = self._memory.doubles[index : index + metric.size].tolist()
                found.setdefault(metric, []).append(values)
        return found

    def _rewrite(self, spare: Region, current: Region, dead: Region) -> bool:
        """Make the spare half hold what the current one and a dead worker hold together; False if it is full."""
        spare.clear(0)
        spare.overflow = current.overflow + dead.overflow
        for metric, parts in self._values([current, dead]).items():
            if metric.kind == "gauge":
                continue
            index = spare.append(metric)
            if index is None:
                return False
            for offset, values in enumerate(zip(*parts, strict=True)):
                self._memory.doubles[index + offset] = sum_rounded_up(values)
        return True

    def _clear_gauges(self, region: Region) -> None:
        for metric, index in region.entries():
            if metric.kind == "gauge":
                self._memory.doubles[index] = 0.0

    def _cell(self, metric: Metric) -> Cell:
        if (known := self._cells.get(metric)) is not None:
            return known
        index = self._register(metric)
        if index is None:
            return OverflowCell(self._memory.doubles, self._own.overflow_index)
        self._cells[metric] = made = Cell(self._memory.doubles, index)
        return made

    def _register(self, metric: Metric) -> int | None:
        """Room in the own region. ValueError is a programming error: a bad name, or one name for two kinds."""
        if not _NAME.fullmatch(metric.name) or not all(_LABEL.fullmatch(k) for k, _ in metric.labels):
            raise ValueError(f"not a metric's name and labels: {metric.name!r} {metric.labels!r}")
        if list(metric.bounds) != sorted(set(metric.bounds)):
            raise ValueError(f"{metric.name}: bounds must rise")
        if self._kinds.setdefault(metric.name, metric.kind) != metric.kind:
            raise ValueError(f"{metric.name} is a {self._kinds[metric.name]} elsewhere")
        return self._own.append(metric)

    def _adopt(self) -> None:
        for metric, index in self._own.entries():
            self._kinds[metric.name] = metric.kind
            if metric.kind == "histogram":
                self._histograms[metric] = Histogram(self._memory.doubles, index, metric.bounds)
            else:
                self._cells[metric] = Cell(self._memory.doubles, index)
        self._clear_gauges(self._own)


def _reserve(fd: int, size: int) -> None:
    """Take the space now: writing to a hole of a mapped file on a full disk would kill the process."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
    else:
        os.ftruncate(fd, size)
