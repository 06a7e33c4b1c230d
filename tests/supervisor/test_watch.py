from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from ajar.supervisor.watch import Watched, watch

if TYPE_CHECKING:
    from pathlib import Path


def test_an_untouched_file_does_not_change(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    watched = Watched(path, settle=False)
    path.read_text()
    assert not watched.changed()


def test_content_replacement_disappearance_and_appearance_are_changes(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("a")
    watched = Watched(path, settle=False)
    path.write_text("bb")
    assert watched.changed()
    assert not watched.changed()
    other.write_text("cc")
    os.utime(other, ns=(path.stat().st_mtime_ns,) * 2)
    other.replace(path)
    assert watched.changed()
    path.unlink()
    assert watched.changed()
    assert not watched.changed()
    path.write_text("c")
    assert watched.changed()


def test_settling_waits_for_the_end_of_writing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a")
    watched = Watched(path, settle=True)
    for length in range(2, 5):
        path.write_text("a" * length)
        assert not watched.changed()
    assert watched.changed()
    assert not watched.changed()


def test_settling_overlooks_a_moment_of_absence(tmp_path: Path) -> None:
    path, aside = tmp_path / "file", tmp_path / "aside"
    path.write_text("a")
    watched = Watched(path, settle=True)
    path.rename(aside)
    assert not watched.changed()
    aside.rename(path)
    assert not watched.changed()
    assert not watched.changed()


def test_watching_calls_back(tmp_path: Path) -> None:
    path = tmp_path / "file"

    async def run() -> None:
        changed = asyncio.Event()
        watching = asyncio.create_task(watch(Watched(path, settle=True), changed.set, 0.005))
        await asyncio.sleep(0.02)
        assert not changed.is_set()
        path.write_text("a")
        await asyncio.wait_for(changed.wait(), 5)
        watching.cancel()

    asyncio.run(run())
