"""Memory of processes, in MB of 10^6 bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^(Pss|Rss): +(\d+) kB", re.MULTILINE)


@dataclass(frozen=True)
class Memory:
    """PSS shares a page among the processes that map it; RSS counts it in each of them."""

    pss: float
    rss: float


def of(pids: list[int]) -> Memory:
    """The sum over `pids`. Raises OSError where one of them has ended."""
    pss = rss = 0.0
    for pid in pids:
        found = dict(_LINE.findall(Path(f"/proc/{pid}/smaps_rollup").read_text()))
        pss += int(found["Pss"]) * 1024 / 1e6
        rss += int(found["Rss"]) * 1024 / 1e6
    return Memory(pss, rss)
