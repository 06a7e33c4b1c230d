"""A program that takes the steward's part: it writes each line that it is told to `told` in the state directory.

While there is a file `deaf` beside it, it reads nothing more. What comes through the answers' socket goes to `answers`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

from ajar.runtimes.parent import die_with_parent


def take_answers(fd: int, state: Path) -> None:
    answers = socket.socket(fileno=fd)
    while True:
        data = answers.recv(1 << 20)
        with (state / "answers").open("ab") as file:
            file.write(data + b"\n")


def main() -> None:
    die_with_parent()
    line = sys.stdin.buffer.readline()
    start = json.loads(line)
    state = Path(start["state_dir"])
    threading.Thread(target=take_answers, args=(start["answers_fd"], state), daemon=True).start()
    told = (state / f"told-{os.getpid()}").open("wb", buffering=0)
    told.write(line)
    while line:
        while (state / "deaf").exists():
            time.sleep(0.01)
        line = sys.stdin.buffer.readline()
        told.write(line)


main()
