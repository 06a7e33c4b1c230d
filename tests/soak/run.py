"""`make soak`: random faults at load against a real service. Exits 1 where anything was not as promised."""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # in place of this folder


def main() -> int:
    """Run, and print what came of it."""
    from soak.soak import Size, Soak

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="with callers; default 10")
    parser.add_argument("--callers", type=int, default=500, help="at once; default 500")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="default: a new one")
    parser.add_argument("--keep", type=Path, help="an empty folder for the service's files, which is kept")
    options = parser.parse_args()
    allow_files()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        size = Size(options.minutes * 60, options.callers)
        soak = Soak(options.keep or Path(folder), options.seed, size, lambda line: print(line, flush=True))
        outcome = asyncio.run(soak.run())
    for name, words in outcome.lines:
        print(f"{name:32} {words}")
    for problem in outcome.problems:
        print(f"PROBLEM  {problem}")
    print(f"{outcome.count} problems, seed {options.seed}")
    return 1 if outcome.count else 0


def allow_files() -> None:
    """Two sockets for each caller, and the service inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(hard, 8192)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
