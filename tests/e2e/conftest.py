"""The whole service as an operator starts it: `ajar serve` with a config file, in processes of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ajar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Running:
    """A running service, its folder, and the command line beside it."""

    def __init__(self, folder: Path, config: str, *options: str) -> None:
        self.folder = folder
        (folder / "ajar.toml").write_text(config)
        self.environment = {**os.environ, "PYTHONPATH": str(Path(ajar.__file__).parents[1]), "NO_COLOR": "1"}
        self._log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ajar", "serve", "--port", "0", *options],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode()
        found = re.match(r"ready  (http://\S+?:(\d+)/v1) ", line)
        assert found, line + (folder / "log").read_text()
        self.url = found[1]
        self.port = int(found[2])

    def ajar(self, *arguments: str) -> str:
        """Run a verb next to the service; what it prints."""
        command = [sys.executable, "-m", "ajar", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def children(self, word: str) -> list[int]:
        """The pids of the service's children whose command line holds `word`."""
        pids: list[int] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                    if int(parent) == self.process.pid and word in (entry / "cmdline").read_text():
                        pids.append(int(entry.name))
                except OSError:
                    continue
        return pids

    def stop(self) -> None:
        """Ctrl-C."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start services; they end with the test."""
    started: list[Running] = []

    def start(config: str, *options: str) -> Running:
        folder = tmp_path / f"service{len(started)}"
        folder.mkdir()
        started.append(Running(folder, config, *options))
        return started[-1]

    yield start
    for service in started:
        service.stop()


def eventually(check: Callable[[], Any], seconds: float = 5.0) -> Any:
    """The first true value of `check()`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return value
