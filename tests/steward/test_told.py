from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ajar.config.load import load
from ajar.config.snapshot import Snapshot
from ajar.rollout.setting import Crash, Setting
from ajar.steward import told


def snapshot(hashed: str = "1") -> Snapshot:
    return Snapshot(hashed, load(None).config)


def line(**message: Any) -> bytes:
    return msgspec.json.encode(message)


def setting() -> Setting:
    start = line(kind="start", state_dir="/s", folder="/f", base_url="http://x:1", snapshot=snapshot(), key="k")
    return told.start(start).setting()


def followed(*lines: bytes) -> tuple[Setting, list[str]]:
    known, said = setting(), list[str]()
    told.follow(iter(lines), known, said.append)
    return known, said


def test_the_start_message_is_the_setting() -> None:
    assert setting() == Setting(Path("/s"), Path("/f"), "http://x:1", "k", snapshot())


@pytest.mark.parametrize("text", [b"", b"what?", b'{"kind":"drain"}', b'{"kind":"start"}'])
def test_anything_else_is_none(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        told.start(text)


def test_what_comes_later_changes_the_setting() -> None:
    known, said = followed(
        line(kind="crashed", deployment="a", time=5),
        line(kind="snapshot", snapshot=snapshot("2"), key=None),
        line(kind="crashed", deployment="b", time=7),
    )
    assert known.snapshot == snapshot("2")
    assert known.key is None
    assert known.crashes == [Crash("a", 5), Crash("b", 7)]
    assert said == []


def test_a_line_that_is_not_understood_is_said_and_passed_over() -> None:
    known, said = followed(b"{}", line(kind="news"), line(kind="crashed", deployment="a", time=5))
    assert len(said) == 2
    assert known.crashes == [Crash("a", 5)]


def test_lines_come_whole_however_they_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    long = b"x" * 3_000_000
    path.write_bytes(b"one\n\n" + long + b"\ntwo\nhalf")
    fd = os.open(path, os.O_RDONLY)
    try:
        assert list(told.lines(fd)) == [b"one", b"", long, b"two"]
    finally:
        os.close(fd)
