"""Processes that a soak started, as the kernel shows them."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

MARK = "AJAR_SOAK"
"""The environment variable by which every process of a run is known; its children inherit it."""
KINDS = {
    "worker": "ajar.gateway.worker",
    "steward": "ajar.steward.main",
    "runtime": "ajar.runtimes.llama_cpp",
}

_MEMORY = re.compile(r"^Rss(Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


def marked(token: str) -> list[int]:
    """The living processes of that run but this one."""
    wanted = f"{MARK}={token}".encode()
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # ended, or another user's
    return found


def command(pid: int) -> str:
    """Its command line; empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def kind(pid: int) -> str:
    """Which of `KINDS` it is, or `supervisor`; empty where it has ended, or has not begun to be something."""
    words = command(pid)
    return next((name for name, word in KINDS.items() if word in words), "supervisor" if " serve" in words else "")


def memory(pid: int) -> float:
    """What it takes for itself, in MB of 10^6 bytes.

    Pages of files that it has mapped are not counted: the kernel can have those back at any time.
    """
    found = dict(_MEMORY.findall(Path(f"/proc/{pid}/status").read_text()))
    return (int(found["Anon"]) + int(found["Shmem"])) * 1024 / 1e6


def descriptors(pid: int, besides: set[str]) -> Counter[str]:
    """What its file descriptors are, and how many of each; files of a folder count together.

    The sockets with the inodes `besides` do not count.
    """
    found: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("/"):
            found[Path(target).parent.name] += 1
        elif target.removeprefix("socket:[").removesuffix("]") not in besides:
            found[target.partition(":[")[0]] += 1
    return found


def waited(pid: int) -> float | None:
    """Seconds for which its main thread wanted to run so far, and the machine had no core for it.

    None where it has ended.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return None
