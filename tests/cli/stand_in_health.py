"""A supervisor that lives, as far as its health file is concerned: `stand_in_health.py FILE`.

Deployment a is closed with 3 attempts in flight, b is open for another 42 s, c is half-open.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import monotonic

from ajar.traffic.health import HealthFile
from ajar.traffic.vitals import IN_FLIGHT, OPENED, UNTIL


def main() -> None:
    file = HealthFile.create(Path(sys.argv[1]), 2, 3)
    file.name(["a", "b", "c"])
    now = monotonic()
    for name, field, worker, value in (
        ("a", IN_FLIGHT, 0, 1.0),
        ("a", IN_FLIGHT, 1, 2.0),
        ("b", OPENED, 1, now - 1),
        ("b", UNTIL, 1, now + 42.4),
        ("c", OPENED, 0, now - 9),
        ("c", UNTIL, 0, now - 1),
    ):
        file.values[file.cell(file.names.present()[name], field, worker)] = value
    print("made", flush=True)
    sys.stdin.read()


main()
