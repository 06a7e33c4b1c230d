"""A harness under test: how it is given the cases, run, and asked what it found."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from cases import count_right

from program import WITH_PARENT, Broken, environment

CONCURRENCY = 32
"""As many requests at once as each harness may have on their way."""

_METER = Path(__file__).resolve().parent / "meter.py"
_LIMIT_S = 900
_UNLIKE = ("PYTHONDONTWRITEBYTECODE", "NODE_OPTIONS")
"""Variables under which a program starts otherwise than for those who installed it."""


@dataclass(frozen=True)
class Cost:
    """What one run cost, from its process's beginning to its end, and what it did.

    `right`: how many cases it found right; `asked` and `most`: how many requests the model got, in all and at once.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float
    right: int
    asked: int
    most: int


class Harness(ABC):
    """One harness. It runs once for each call of `run`, in a folder of its own."""

    name: str
    title: str

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Why it cannot be measured here; None where it can."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Its version."""

    @abstractmethod
    def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
        """Write the first `count` cases into `room`; the command that runs them, and its environment."""

    @abstractmethod
    def right(self, room: Path) -> int:
        """How many cases the run in `room` found right. Raises OSError, LookupError or ValueError where none."""

    def run(self, room: Path, count: int, url: str) -> Cost:
        """Put the first `count` cases to the model at `url`. Raises Broken, also where it did not do what it should."""
        _counts(url)
        room.mkdir(parents=True)
        command, env = self.prepare(room, count, url)
        log = room / "log"
        meter = [*WITH_PARENT, sys.executable, "-I", "-S", str(_METER), str(log), str(_LIMIT_S), *command]
        env = {name: value for name, value in environment({"HOME": str(room), **env}).items() if name not in _UNLIKE}
        done = subprocess.run(meter, capture_output=True, text=True, cwd=room, env=env, check=False)
        if done.returncode:
            raise Broken(f"{self.name} could not be metered: {done.stderr[-400:]}")
        used = json.loads(done.stdout)
        if used["exit"]:
            raise self._broken(f"ended with exit code {used['exit']}", log)
        try:
            right = self.right(room)
        except (OSError, LookupError, ValueError) as error:
            raise self._broken(f"left no result ({error!r})", log) from None
        done_as_asked = {"right": right, **_counts(url)}
        if (right, done_as_asked["asked"]) != (count_right(count), count):
            raise self._broken(f"asked and found something else than the {count} cases: {done_as_asked}", log)
        return Cost(used["cpu_s"], used["wall_s"], used["peak_mb"], **done_as_asked)

    def _broken(self, what: str, log: Path) -> Broken:
        lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
        return Broken(f"{self.name} {what}; its last words:\n" + "\n".join(lines))


def _counts(url: str) -> dict[str, int]:
    connection = http.client.HTTPConnection(url.partition("//")[2].partition("/")[0], timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/counts", b"{}")
        return json.loads(connection.getresponse().read())


def with_path(folder: Path) -> str:
    """PATH with this folder first."""
    return os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])
