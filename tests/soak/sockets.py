"""Connections to the started runtime, which a worker keeps for a while after their last use."""

from __future__ import annotations

from pathlib import Path

_LISTENS = "0A"


def kept(runtime: list[int]) -> set[str]:
    """The inodes of both ends of every connection to these processes."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    own = {inode for pid in runtime for inode in inodes(pid).values()}
    ports = {row[1].rpartition(":")[2] for row in rows if row[3] == _LISTENS and row[9] in own}
    ends = ((row[9], row[1].rpartition(":")[2], row[2].rpartition(":")[2]) for row in rows if row[3] != _LISTENS)
    return {inode for inode, local, remote in ends if local in ports or remote in ports}


def inodes(pid: int) -> dict[str, str]:
    """Those of a process's sockets, by file descriptor."""
    found: dict[str, str] = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found[entry.name] = target[8:-1]
    return found
