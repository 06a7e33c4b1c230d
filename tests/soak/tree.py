"""A real `ajar serve` with all its processes."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import ajar
from faults.cell import KEY
from soak.process import MARK, command, kind, marked

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_S = 60
_END_S = 20


class Tree:
    """The supervisor and its children. Raises RuntimeError where it does not start."""

    def __init__(self, folder: Path, config: str) -> None:
        self.folder = folder
        self.token = uuid4().hex
        self.configure(config)
        source = str(Path(ajar.__file__).parents[1])
        usual = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self._environment = {**usual, "PYTHONPATH": source, "NO_COLOR": "1", MARK: self.token, KEY: "secret"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ajar", "serve", "--port", "0"],
            cwd=folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        # The log goes through a pipe: a limit on the size of files must not hit it.
        self._log = threading.Thread(target=self._keep_log, daemon=True)
        self._log.start()
        late = threading.Timer(_START_S, self._process.kill)
        late.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        late.cancel()
        found = re.match(r"ready  (http://\S+?:(\d+)/v1) ", line)
        if found is None:
            self.stop()
            raise RuntimeError(f"ajar did not start: {line}{self.log}")
        self.port = int(found[2])

    @property
    def pid(self) -> int:
        """The supervisor's."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it said to the operator."""
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text("utf-8", "replace")
        return ""

    def configure(self, config: str) -> None:
        """Write the config file."""
        (self.folder / "ajar.toml").write_text(config)

    def hang_up(self) -> None:
        """Ask for the config to be read anew."""
        self._process.send_signal(signal.SIGHUP)

    def living(self) -> dict[str, list[int]]:
        """The processes by kind."""
        found: dict[str, list[int]] = {}
        for pid in sorted(marked(self.token)):
            found.setdefault(kind(pid), []).append(pid)
        return found

    @property
    def complete(self) -> bool:
        """Everything runs that should."""
        counts = {name: len(pids) for name, pids in self.living().items()}
        return counts == {"supervisor": 1, "worker": 2, "steward": 1, "runtime": 1}

    def journal_size(self, worker: int) -> int:
        """The bytes in the segment that this worker writes."""
        sizes = [entry.stat().st_size for entry in self._open_files(worker) if ".open" in str(entry.readlink())]
        return max(sizes, default=0)

    def _open_files(self, pid: int) -> Iterator[Path]:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if "/journal/" in str(entry.readlink()):
                    yield entry

    def limit_files(self, worker: int, size: int | None) -> None:
        """Let no file of the worker grow beyond `size` bytes, as on a full disk; None: let them."""
        with suppress(ProcessLookupError):
            _, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
            resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def stop(self) -> list[str]:
        """SIGTERM. What of it still lives afterwards is told, and ended."""
        problems: list[str] = []
        if self._process.poll() is None:
            self._process.terminate()
            try:
                code = self._process.wait(_END_S)
                if code != 0:
                    problems.append(f"`ajar serve` ended with {code}")
            except subprocess.TimeoutExpired:
                problems.append(f"`ajar serve` did not end within {_END_S} s of SIGTERM")
                self._process.kill()
                self._process.wait()
        for pid in marked(self.token):
            problems.append(f"orphan: process {pid}, {command(pid)}")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._log.join(5)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return problems

    def export(self) -> Path:
        """Every record, a line of JSON each, in a file."""
        path = self.folder / "records.jsonl"
        with path.open("wb") as file:
            subprocess.run(
                [sys.executable, "-m", "ajar", "traffic", "export", "--format", "jsonl"],
                cwd=self.folder,
                env=self._environment,
                stdout=file,
                timeout=240,
                check=True,
            )
        return path

    def _keep_log(self) -> None:
        assert self._process.stderr is not None
        with (self.folder / "log").open("wb", buffering=0) as file:
            for line in self._process.stderr:
                file.write(line)
