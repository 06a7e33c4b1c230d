"""What the processes hold when nothing is asked of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soak.process import descriptors, memory
from soak.sockets import kept

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from soak.tree import Tree

GROWTH = 0.10
"""By how much of what it was the memory of a process may grow."""
CACHES = {"runtime": 67.2}
"""MB by which a process may grow besides, and no further: llama.cpp keeps prompts, up to 64 MiB of them."""


@dataclass(frozen=True)
class Held:
    """By one process: MB of memory, and file descriptors by what they are."""

    kind: str
    memory: float
    files: Counter[str]


Calm = dict[int, Held]
"""By process."""


def look(tree: Tree) -> Calm:
    """All processes."""
    living = tree.living()
    besides = kept(living.get("runtime", []))
    found: Calm = {}
    for kind, pids in living.items():
        for pid in pids:
            with suppress(OSError):  # it was killed just now
                found[pid] = Held(kind, memory(pid), descriptors(pid, besides))
    return found


def grown(before: Calm, after: Calm) -> Iterator[str]:
    """What the processes that live in both hold more than they did."""
    for pid, old in before.items():
        new = after.get(pid)
        if new is None:
            continue
        if new.memory > old.memory * (1 + GROWTH) + CACHES.get(old.kind, 0.0):
            yield f"memory of the {old.kind} {pid} grew from {old.memory:.1f} to {new.memory:.1f} MB"
        if more := new.files - old.files:
            yield f"the {old.kind} {pid} has more open than before: {dict(more)}"


def memory_words(before: Calm, after: Calm) -> str:
    """For people."""
    both = ((before[pid], after[pid]) for pid in before if pid in after)
    return ", ".join(f"{old.kind} {old.memory:.1f} → {new.memory:.1f} MB" for old, new in both)


def files_words(before: Calm, after: Calm) -> str:
    """For people."""
    both = ((before[pid], after[pid]) for pid in before if pid in after)
    return ", ".join(f"{old.kind} {old.files.total()} → {new.files.total()}" for old, new in both)


def sizes(now: Calm) -> str:
    """Memory, for people."""
    return "MB: " + ", ".join(f"{held.kind} {held.memory:.0f}" for held in now.values())
