"""A worker that does with one deployment's slot what it reads: `prober.py FILE WORKER NAME`.

Each line on stdin is a JSON list of a method and its arguments; the answer is the result as JSON on stdout.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ajar.gateway.health import Health
from ajar.traffic.cells import Cell
from ajar.traffic.health import HealthFile


def main() -> None:
    openings = Cell(memoryview(bytearray(8)).cast("d"), 0)
    health = Health(HealthFile(Path(sys.argv[1])), int(sys.argv[2]), lambda _: openings, lambda: 0.0)
    slot = health.slot(sys.argv[3])
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        owner = health if method == "trouble" else slot
        print(json.dumps(getattr(owner, method)(*arguments)), flush=True)


main()
