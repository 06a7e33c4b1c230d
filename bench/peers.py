"""Install the peers of `peers.toml`, each into an environment of its own under bench/env.

`python bench/peers.py` installs all of them, `python bench/peers.py litellm` one. What cannot be installed is named,
and the benchmark then runs without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

_HERE = Path(__file__).resolve().parent
ENVIRONMENTS = _HERE / "env"


@dataclass(frozen=True)
class Peer:
    """One row of `peers.toml`."""

    name: str
    tool: str
    package: str
    overrides: dict[str, str] = field(default_factory=dict)
    """npm only: versions of packages underneath it."""
    beside: list[str] = field(default_factory=list)
    """Packages that it needs and does not ask for."""

    @property
    def home(self) -> Path:
        """The folder of its environment."""
        return ENVIRONMENTS / self.name

    @property
    def version(self) -> str:
        """The pinned version."""
        return self.package.replace("==", "@").rpartition("@")[2]

    @property
    def installed(self) -> bool:
        """Whether exactly this version was installed to its end."""
        stamp = self.home / "installed"
        return stamp.exists() and stamp.read_text() == self._stamp

    def install(self) -> str | None:
        """Install it anew; returns what went wrong."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        if self.tool == "npm":
            (self.home / "package.json").write_text(json.dumps({"private": True, "overrides": self.overrides}))
        for command in self._commands():
            try:
                done = subprocess.run(command, cwd=self.home, capture_output=True, text=True, check=False)
            except OSError as error:
                return str(error)
            if done.returncode:
                return done.stderr.strip()[-400:]
        (self.home / "installed").write_text(self._stamp)
        return None

    @property
    def _stamp(self) -> str:
        return json.dumps([self.package, self.overrides, *self.beside])

    def _commands(self) -> list[list[str]]:
        if self.tool == "npm":
            return [["npm", "install", "--prefix", ".", "--no-audit", "--no-fund", self.package, *self.beside]]
        pip = [str(self.home / "bin/python"), "-m", "pip", "install", "--quiet", self.package, *self.beside]
        return [[sys.executable, "-m", "venv", "."], pip]


def peers() -> dict[str, Peer]:
    """The rows of `peers.toml` by name."""
    rows = tomllib.loads((_HERE / "peers.toml").read_text())
    return {
        name: Peer(name, row["with"], row["package"], row.get("overrides", {}), row.get("beside", []))
        for name, row in rows.items()
    }


def main(names: list[str]) -> int:
    """Install the named peers, or all; the exit code says whether all are there."""
    failed = 0
    for peer in peers().values():
        if names and peer.name not in names:
            continue
        if peer.installed:
            print(f"{peer.package} is installed")
            continue
        print(f"installing {peer.package} into {peer.home} …", flush=True)
        why = peer.install()
        if why:
            failed += 1
            print(f"{peer.package} could not be installed: {why}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
