"""Writers that are killed at random moments. `python -m traffic.killed DIRECTORY COUNT SEED` prints the id of every
record whose `append` returned.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from ajar.traffic.journal import Journal
from traffic.conftest import record


def write_for_ever(directory: Path, max_bytes: int, body: str, pipe: int) -> None:
    """Append, and say so after each."""
    journal = Journal(directory, 0, max_bytes=max_bytes)
    while True:
        one = record(response=body)
        journal.append(one)
        os.write(pipe, one.id.encode() + b"\n")


def kill_one(directory: Path, chance: random.Random, large: bool) -> None:
    """One writer's life, with large records (which a kill may tear) or with many small ones in many segments."""
    reader, writer = os.pipe()
    max_bytes, body = (1_500_000, "x" * 400_000) if large else (40_000, "x" * 10)
    child = os.fork()
    if child == 0:
        write_for_ever(directory, max_bytes, body, writer)
    os.close(writer)
    said = os.read(reader, 37)
    time.sleep(chance.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(reader, 65536):
        said += part
    os.close(reader)
    sys.stdout.write(said.decode())


if __name__ == "__main__":
    chance = random.Random(int(sys.argv[3]))
    for turn in range(int(sys.argv[2])):
        kill_one(Path(sys.argv[1]), chance, large=turn % 2 == 0)
