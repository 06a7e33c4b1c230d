"""The offline gate: `ajar eval gate` as a child process, on this service's own deployments."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from ajar.rollout.desk import digest_of, private
from ajar.rollout.document import GateRun

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.desk import Desk
    from ajar.rollout.document import Rollout

_KEY: Final = "AJAR_GATE_KEY"
_VERDICTS: Final = {0: "PASS", 1: "FAIL", 2: "INCONCLUSIVE"}
_COULD_NOT: Final = "COULD NOT RUN"
_LONGEST_WHY: Final = 2000
# The steward blocks SIGTERM and ignores SIGINT, and a child inherits both. One that ended before the child asked the
# kernel to die with it left a child that nobody ends: it runs beside the next one.
_PROGRAM: Final = """
import os, runpy, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, [])
signal.signal(signal.SIGINT, signal.default_int_handler)
from ajar.runtimes.parent import die_with_parent
die_with_parent()
if os.getppid() != parent:
    sys.exit("whoever started this gate is gone")
runpy.run_module("ajar", run_name="__main__", alter_sys=True)
"""


class Gating:
    """One run of a rollout's gate. It dies with this process, and then begins anew.

    What it asks and finds stays below the rollout's folder, with a config of its own that says so.
    """

    def __init__(self, desk: Desk, document: Rollout, now: int) -> None:
        """Start it. Raises OSError."""
        self._desk = desk
        self._document = document
        assert document.options.gate is not None
        self._file = (desk.setting.folder / document.options.gate).resolve()
        self._folder = desk.folder(document.id) / "gate"
        document.gate = GateRun(
            verdict="running", file=document.options.gate, file_sha256=digest_of(self._file), began=now
        )
        self._child = self._start()

    def turn(self, now: int) -> str | None:
        """The verdict, once there is one."""
        code = self._child.poll()
        if code is None:
            return None
        gate = self._document.gate
        assert gate is not None
        gate.ended, gate.exit_code = now, code
        gate.verdict = _VERDICTS.get(code, _COULD_NOT)
        out = _read(self._folder / "out.json")
        with suppress(msgspec.DecodeError):
            gate.result = msgspec.json.decode(out)
            gate.result_sha256 = hashlib.sha256(out).hexdigest()
        if gate.result is None and gate.verdict != _COULD_NOT:
            gate.verdict = _COULD_NOT
        gate.why = self._why(gate)
        return gate.verdict

    def close(self) -> None:
        """End it, if it runs: its answers are kept where they are."""
        if self._child.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        shutil.rmtree(self._folder, ignore_errors=True)  # a run that was cut off
        private(self._folder)
        setting, document = self._desk.setting, self._document
        config = self._folder / "ajar.toml"
        config.write_text(_config(setting.snapshot.config, self._folder, setting.base_url), "utf-8")
        program = f"parent = {os.getpid()}\n{_PROGRAM}"
        command = [
            sys.executable, "-c", program, "eval", "gate", str(self._file), "--json", "--config", str(config),
            "--on", f"deployment:{document.candidate}", "--against", f"deployment:{document.control}",
        ]  # fmt: skip
        environ = dict(os.environ)
        if setting.key is not None:
            environ[_KEY] = setting.key
            command += ["--api-key", f"env:{_KEY}", "--judge-api-key", f"env:{_KEY}"]
        with (self._folder / "out.json").open("wb") as out, (self._folder / "log.txt").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                cwd=setting.folder,
                env=environ,
                start_new_session=True,
            )

    def _why(self, gate: GateRun) -> str:
        decided = [f"{each.get('suite')} · {each.get('metric')}: {each.get('why')}" for each in gate.decisions]
        if decided:
            return "; ".join(decided)[:_LONGEST_WHY]
        said = _read(self._folder / "log.txt").decode("utf-8", "replace").strip()
        return said[-_LONGEST_WHY:] or f"it ended with exit code {gate.exit_code}"


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def _config(config: Any, folder: Path, base_url: str) -> str:
    """The service's config as TOML, with the address where it listens now, and a state directory below `folder`.

    Without the webhooks' addresses, which may hold secrets.
    """
    whole: dict[str, Any] = msgspec.to_builtins(config)
    for route in whole["routes"].values():
        route["swap"]["webhook"] = None
    parts = urlsplit(base_url)
    server = whole["server"] | {"host": parts.hostname, "port": parts.port, "state_dir": str(folder)}
    return "".join(f"{key} = {_toml(value)}\n" for key, value in (whole | {"server": server}).items())


def _toml(value: Any) -> str:
    """A value as TOML. What is None is left out: it has no word for that."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return (
            "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in fields.items() if item is not None) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in cast("list[Any]", value) if item is not None) + "]"
    if isinstance(value, str):
        # A JSON string is a TOML string, but for the one control character that JSON leaves as it is.
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
    return msgspec.json.encode(value).decode()
