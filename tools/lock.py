"""Resolve the hash-pinned requirement files, for every platform and without index URLs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = [
    str(Path(sys.executable).parent / "uv"),
    *("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
    *("--python-version", "3.11", "--custom-compile-command", "make lock", "--upgrade"),
]
# Inspect holds botocore below what Ajar needs: it lives in an environment of its own, where a test reads logs with it.
INSPECT = "inspect-ai==0.3.285\n"


def main() -> None:
    """Write all three; `dev.txt` is held to the versions of `run.txt`, and `inspect.txt` shares none with them."""
    run = ["pyproject.toml", "--group", "build", "--output-file", "requirements/run.txt"]
    dev = ["pyproject.toml", "--group", "build", "--group", "dev", "--constraint", "requirements/run.txt"]
    for arguments in (run, [*dev, "--output-file", "requirements/dev.txt"]):
        subprocess.run([*COMPILE, *arguments], cwd=ROOT, check=True)
    alone = [*COMPILE, "-", "--output-file", "requirements/inspect.txt"]
    subprocess.run(alone, cwd=ROOT, check=True, input=INSPECT, text=True)


if __name__ == "__main__":
    main()
