"""Write docs/swap.svg: two swaps of the shipped model as they went, one promoted and one rolled back."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # for callers who know the right answers

from drawing import Panel, Point, draw  # noqa: E402

from e2e.callers import Callers  # noqa: E402
from e2e.conftest import Running  # noqa: E402

_OUT = ROOT / "docs" / "swap.svg"
_LONGEST_S = 240
_CONFIG = """
[deployments.triage-v1]
runtime = "llama.cpp"
model = "ajar-triage-v1"

[deployments.triage-v2]
runtime = "llama.cpp"
model = "ajar-triage-v2"

[routes.support-triage]
primary = "{control}"
maturity_s = 1

[routes.support-triage.metrics.right]
kind = "boolean"
role = "primary"
missing = "fail"

[routes.support-triage.metrics.error]

[routes.support-triage.swap]
steps = [10, 50]
min_units = 12
step_minutes = 0
shadow = {{ share = 0 }}
"""


def main() -> int:
    """Run both and draw them; 1 where one ended otherwise than it should."""
    well = _rollout("triage-v1", "triage-v2")
    badly = _rollout("triage-v2", "triage-v1")
    states = [each[0]["state"] for each in (well, badly)]
    if states != ["promoted", "rolled_back"]:
        print(f"they ended {' and '.join(states)}")
        return 1
    panels = [_panel(*well, "promoted: as good, within 3 points"), _panel(*badly, "rolled back by itself")]
    words = f"{panels[0].title} {panels[0].ending}; {panels[1].title} {panels[1].ending}."
    _OUT.write_text(draw(panels, words))
    print(f"{_OUT.relative_to(ROOT)}: {words}")
    return 0


def _rollout(control: str, candidate: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The record of a whole rollout with callers who say what was right, and its looks."""
    with tempfile.TemporaryDirectory() as folder:
        running = Running(Path(folder), _CONFIG.format(control=control))
        try:
            with Callers(running.port, number=2, pause_s=0.2):
                time.sleep(5)  # the preflight looks at what the route's callers send
                why = ("--skip-gate", "--why", "a picture")
                running.ajar("swap", "support-triage", "--to", candidate, *why)
                record = _ended(running)
            if not record["looks"]:
                raise SystemExit(f"{control} → {candidate} ended without a look: {record['decision']['why']}")
            looks = (Path(folder) / ".ajar" / "rollouts" / record["id"] / "looks.jsonl").read_text()
        finally:
            running.stop()
    return record, [json.loads(line)["look"]["look"] for line in looks.splitlines()]


def _ended(running: Running) -> dict[str, Any]:
    deadline = time.monotonic() + _LONGEST_S
    while time.monotonic() < deadline:
        found: dict[str, Any] = json.loads(running.ajar("swap", "status", "--json"))["rollouts"][0]
        if found["decision"] is not None:
            return found
        time.sleep(1)
    raise subprocess.TimeoutExpired("the rollout", _LONGEST_S)


def _panel(record: dict[str, Any], looks: list[dict[str, Any]], ending: str) -> Panel:
    points: list[Point] = [Point(0, looks[0]["percent"], 1.0, 1.0)]
    for look in looks:
        primary = look["standings"][0]
        units = look["candidate_units_ever"]
        if points[-1].percent != look["percent"]:
            points.append(Point(points[-1].units, look["percent"], points[-1].harm, 1.0))
        points.append(Point(units, look["percent"], primary["rollback_e"], primary["promote_e"]))
    primary = looks[-1]["standings"][0]
    title = f"{record['control']} → {record['candidate']}"
    good = record["state"] == "promoted"
    return Panel(title, ending, good, points, primary["rollback_at"], primary["promote_at"])


if __name__ == "__main__":
    sys.exit(main())
