"""Resolve `pyproject.toml` into the two hash-pinned requirement files, for every platform and without index URLs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = [
    str(Path(sys.executable).parent / "uv"),
    *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
    *("--python-version", "3.11", "--custom-compile-command", "make lock", "--upgrade", "pyproject.toml"),
]


def main() -> None:
    """Write both files; `dev.txt` is held to the versions of `run.txt`."""
    run = ["--group", "build", "--output-file", "requirements/run.txt"]
    dev = ["--group", "build", "--group", "dev", "--constraint", "requirements/run.txt"]
    for arguments in (run, [*dev, "--output-file", "requirements/dev.txt"]):
        subprocess.run([*COMPILE, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
