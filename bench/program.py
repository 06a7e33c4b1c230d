"""A program that the benchmark starts, waits for, and stops again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import cpu

WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"]
"""Ends a program when the benchmark ends, even if the benchmark is killed (util-linux, part of every Debian)."""


class Broken(Exception):
    """A program did not start, or did not do what it was asked for. The message ends with its last words."""


class Program:
    """A running command. Its output goes to `log`, except the stdout of one that is talked to (`talks`)."""

    def __init__(
        self,
        command: list[str],
        log: Path,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        talks: bool = False,
    ) -> None:
        self._log = log
        self._name = Path(command[0]).name
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*WITH_PARENT, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if talks else output,
                stderr=output,
                env=environment(env or {}),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id of the command itself."""
        return self._process.pid

    def tree(self) -> list[int]:
        """The command and all its descendants."""
        return cpu.tree(self.pid)

    def hear(self) -> Any:
        """The next JSON line that it says. Raises Broken where it ends instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self.broken("ended")
        return json.loads(line)

    def ask(self, question: dict[str, Any]) -> Any:
        """Say one JSON line and hear the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self.broken("ended") from None
        return self.hear()

    def wait_for_port(self, port: int, seconds: float) -> None:
        """Return once something accepts connections on `port`. Raises Broken after `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self.broken(f"ended with exit code {self._process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.05)
        raise self.broken(f"did not listen on port {port} within {seconds:.0f} s")

    def stop(self) -> None:
        """End it and its children: the end of its stdin, SIGTERM, and SIGKILL to what is left after 5 s."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # it began a session of its own, so its group has its number
        self._process.wait()

    def broken(self, what: str) -> Broken:
        """The error that says `what` happened, and the last lines of the log."""
        lines = self._log.read_text(errors="replace").splitlines()[-15:]
        return Broken(f"{self._name} {what}; its last words:\n" + "\n".join(lines))


def environment(more: dict[str, str]) -> dict[str, str]:
    """This process's environment without its proxies: everything here is on the loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", **more}


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
