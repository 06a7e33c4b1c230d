"""A program that runs, or goes on with, one run: `URL JOURNAL`. To be killed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ajar.evals.run.options import RunOptions
from evals.run.small import Small, arms, run

if __name__ == "__main__":
    options = RunOptions(repeats=2, seed=11, breaker=0)
    print("begun", flush=True)
    end = run(Path(sys.argv[2]), Small(400), arms(sys.argv[1], both=True), options)
    print(end.why)
    sys.exit(0 if end.finished else 3)
