"""Which parts of growing files hold what: of what is still being written, nothing is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.rollout.index import Index
from ajar.traffic.journal import Journal
from ajar.traffic.segments import list_segments
from traffic.conftest import record

if TYPE_CHECKING:
    from pathlib import Path


def time_of(payload: bytes) -> int:
    return msgspec.json.decode(payload)["time"]


def never() -> bool:
    return False


@pytest.mark.parametrize("unfinished", [b'0a0b0c0d {"id":', b" " * 5000, b" " * 3000 + b'end of a record"}\n'])
def test_what_is_not_written_yet_is_read_later(tmp_path: Path, unfinished: bytes) -> None:
    journal = Journal(tmp_path / "journal", 0)
    index = Index(lambda: list_segments(tmp_path / "journal"), time_of)
    for time in (1, 2):
        journal.append(record(time=time))
    whole = journal.path.stat().st_size
    with journal.path.open("ab", buffering=0) as file:
        file.write(unfinished)
        assert index.refresh(never)
        assert [time for time, _ in index.between(0, 9)] == [1, 2]
        file.truncate(whole)
    journal.append(record(time=3, response="x" * 9000))
    assert index.refresh(never)
    assert [time for time, _ in index.between(0, 9)] == [1, 2, 3]
    assert sum(block.end - block.at for block in index.blocks(0, 9)) == journal.path.stat().st_size
    journal.close()
