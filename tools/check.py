"""The static checks, each by its own name: formatting, lint, types, imports. Exits 1 if any of them fails."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["basedpyright"],
    "imports": ["lint-imports"],
}


def main() -> int:
    """Run every check, print the output of those that fail."""
    failed = 0
    for name, (program, *arguments) in CHECKS.items():
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
        print(f"{name:8} {state:6} {time.perf_counter() - started:5.1f} s", flush=True)
        if result.returncode:
            failed += 1
            print(result.stdout, end="", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
