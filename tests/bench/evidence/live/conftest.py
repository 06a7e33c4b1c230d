"""The simulation's scripts import each other by plain names, as they do when `make bench-evidence` runs them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[4] / "bench" / "evidence" / "live"))
