"""A supervisor in a process of its own, as a test sees it."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ajar

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent


def eventually(holds: Callable[[], Any], within_s: float = 10.0) -> Any:
    """The first true value of `holds()`; fails after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        value = holds()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def environment() -> dict[str, str]:
    """Where children find the package under test."""
    return {**os.environ, "PYTHONPATH": str(Path(ajar.__file__).parents[1])}


class Serve:
    """A process that supervises, its config and its state."""

    def __init__(self, folder: Path, command: list[str] | None = None, **pace: float) -> None:
        self.folder = folder
        self.config = folder / "ajar.toml"
        self.state = folder / "state"
        self.log_path = folder / "log"
        stand_ins = [sys.executable, str(HERE / "stand_in_serve.py"), str(self.config), str(self.state)]
        self.command = command or [*stand_ins, json.dumps(pace)]
        self.port = 0
        self.pass_fds: tuple[int, ...] = ()
        self.seen: set[int] = set()
        self.process: Any = None

    def write(self, deployments: dict[str, str], server: str = "", routes: tuple[str, ...] = ()) -> None:
        """Write a config: deployments with their model files, and one route to each (or to those named)."""
        lines = ["[server]", "port = 0", server]
        for name, model in deployments.items():
            lines += [f"[deployments.{name}]", 'runtime = "llama.cpp"', f'model = "{model}"']
        lines += [f'[routes.r-{name}]\nprimary = "{name}"' for name in routes or deployments]
        self.replace("\n".join(lines))

    def replace(self, text: str) -> None:
        """Put another config in place, as an editor does."""
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.config)

    def model(self, name: str, behaviour: str = "good") -> str:
        """Write a stand-in's model file; returns what to set as `model`."""
        (self.folder / name).write_text(behaviour)
        return name

    def start(self) -> None:
        """Start without waiting."""
        self.close()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                cwd=self.folder,
                pass_fds=self.pass_fds,
            )

    def ready(self) -> dict[str, Any]:
        """Start, and wait until it says that it is ready."""
        self.start()
        line = self.first_line()
        message: dict[str, Any] = json.loads(line)
        self.port = message["port"]
        return message

    def first_line(self, within_s: float = 10.0) -> str:
        """What it prints first."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], within_s)
        line: str = self.process.stdout.readline().decode() if readable else ""
        assert line, self.log()
        return line

    def printed(self, end: str) -> str:
        """All that it prints up to a line that is `end`."""
        lines = iter(self.process.stdout.readline, b"")
        taken = list(itertools.takewhile(lambda line: line.decode().rstrip("\n") != end, lines))
        return b"".join([*taken, end.encode()]).decode()

    def get(self, path: str = "/", timeout: float = 5.0) -> dict[str, Any]:
        """What a worker answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer

    def status(self, path: str) -> int:
        """The status of a page; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def endpoints(self) -> dict[str, str]:
        """The runtimes that are up, as the workers know them."""
        found: dict[str, str] = self.get()["snapshot"]["endpoints"]
        return found

    def log(self) -> str:
        """All that it said on stderr."""
        return self.log_path.read_text()

    def children(self, program: str = "") -> list[int]:
        """The pids of its children whose command line holds `program`."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().decode()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and fields[0] != "Z" and program in command:
                found.append(int(entry.name))
        self.seen.update(found)
        return found

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self, within_s: float) -> int:
        """Its exit code; fails where it takes longer."""
        return self.process.wait(within_s)

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self.process.poll() is None:
            self.children()
            self.process.kill()
            self.process.wait(5)
        for child in filter(alive, self.seen):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        eventually(lambda: not any(map(alive, self.seen)))
        self.close()

    def close(self) -> None:
        """Close our end of the last process's stdout."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()
