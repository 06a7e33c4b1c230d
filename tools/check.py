"""The static checks, each by its own name: formatting, lint, types, imports. Exits 1 if any of them fails."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["basedpyright", "--threads", "2"],
    "imports": ["lint-imports"],
}


def main() -> int:
    """Run all checks at once, print the output of those that fail."""
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        kept = list(pool.map(_kept, CHECKS))
    return 0 if all(kept) else 1


def _kept(name: str) -> bool:
    """Run one and say how it went."""
    program, *arguments = CHECKS[name]
    started = time.perf_counter()
    result = subprocess.run(
        [BIN / program, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    state = "ok" if result.returncode == 0 else "FAILED"
    told = result.stdout if result.returncode else ""
    print(f"{name:8} {state:6} {time.perf_counter() - started:5.1f} s\n{told}", end="", flush=True)
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
