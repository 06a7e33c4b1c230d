"""Ajar with one worker: keys, routes, journal and metrics all on."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import tomllib
from pathlib import Path

from program import Broken, Program
from subject import Identity, Subject

_SERVER = """
[server]
host = "127.0.0.1"
port = {port}
workers = 1
state_dir = "{state}"

[deployments.mock]
provider = "openai-compatible"
base_url = "http://127.0.0.1:{upstream}/v1"
model = "bench-model"
"""
_ROUTE = """
[routes.bench-{index}]
primary = "mock"
"""
_MOST_CALLERS = 32
_SETTLE_S = 60
_PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


class Ajar(Subject):
    """`ajar serve` with `size` routes and as many keys; each caller uses another one of both."""

    name = "ajar"
    title = "Ajar (whole process tree)"
    size = 10

    @classmethod
    def missing(cls) -> str | None:
        return None

    @property
    def version(self) -> str:
        return tomllib.loads(_PROJECT.read_text())["project"]["version"]

    def launch(self, room: Path, upstream: int) -> Program:
        state = room / "state"
        state.mkdir(mode=0o700)
        self._journal = state / "journal"
        config = room / "ajar.toml"
        routes = "".join(_ROUTE.format(index=index) for index in range(self.size))
        config.write_text(_SERVER.format(port=self.port, state=state, upstream=upstream) + routes)
        _write_keys(state / "keys.json", self.size)
        return Program([sys.executable, "-m", "ajar", "serve", "--config", str(config)], room / "log", cwd=room)

    def identities(self) -> list[Identity]:
        step = max(1, self.size // _MOST_CALLERS)
        return [
            Identity(f"bench-{index}", {"authorization": f"Bearer {_key(index)}"})
            for index in range(0, self.size, step)[:_MOST_CALLERS]
        ]

    def settle(self) -> None:
        """Until every record is in a Parquet file. A segment is sealed 30 s after its first record at the latest."""
        until = time.monotonic() + _SETTLE_S
        while any(_size(path) for path in self._journal.iterdir()):
            if time.monotonic() > until:
                raise Broken(f"records were still in {self._journal} after {_SETTLE_S} s")
            time.sleep(0.2)

    def parts(self, pids: list[int]) -> dict[str, list[int]]:
        worker = [pid for pid in pids if b"ajar.gateway.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        others = [pid for pid in pids if pid not in worker]
        return {"": pids, "its worker": worker, "its supervisor and steward": others}


class AjarLarge(Ajar):
    """The same with 10,000 routes and keys."""

    name = "ajar-10000"
    title = "Ajar, 10,000 routes and keys"
    size = 10_000
    whole = False
    start_s = 60


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # sealed since it was listed
        return 0


def _key(index: int) -> str:
    return f"ajar_{index:012d}_{_secret(index)}"


def _secret(index: int) -> str:
    return f"bench{index:038d}"


def _write_keys(path: Path, count: int) -> None:
    """The key file as `ajar key create` makes it, all at once: 10,000 calls of the command would take half an hour."""
    keys = [
        {
            "id": f"{index:012d}",
            "digest": hashlib.sha256(_secret(index).encode()).hexdigest(),
            "name": f"caller-{index}",
            "direct": False,
            "created": "2026-01-01T00:00:00Z",
        }
        for index in range(count)
    ]
    path.write_text(json.dumps({"version": 1, "keys": keys}))
    path.chmod(0o600)
