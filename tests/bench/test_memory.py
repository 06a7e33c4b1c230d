from __future__ import annotations

import mmap
import os

import memory


def test_memory_counts_the_pages_that_are_touched() -> None:
    before = memory.of([os.getpid()])
    with mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE) as pages:
        pages.write(b"x" * len(pages))
        after = memory.of([os.getpid()])
    assert 49 < after.pss - before.pss < 110  # the bytes that are written exist a second time for a moment
    assert after.pss <= after.rss


def test_memory_is_the_sum_of_the_processes() -> None:
    one = memory.of([os.getpid()])
    two = memory.of([os.getpid(), os.getpid()])
    assert abs(two.rss - 2 * one.rss) < 1
