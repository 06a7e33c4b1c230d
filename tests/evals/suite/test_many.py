"""A hundred thousand cases: how long they take, and how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CASES = 100_000
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from ajar.evals.scorers.registry import scorer_kinds
from ajar.evals.suite.load import load
scorer_kinds()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, started = peak(), time.process_time()
suite = load(Path(sys.argv[1]))
loaded = time.process_time() - started
for index in range(0, suite.count, 7):
    suite.case(index), suite.body(index), suite.scorers(index)
print(json.dumps({"count": suite.count, "seconds": loaded, "memory": peak() - before}))
"""


def test_many_cases_load_in_seconds_and_in_flat_memory(tmp_path: Path) -> None:
    text = "Where is my order, please? " * 30
    with (tmp_path / "c.jsonl").open("w") as file:
        for number in range(CASES):
            case = {
                "input": f"{number}: {text}",
                "target": "order_status",
                "tags": [f"t{number % 9}"],
                "id": f"row-{number}",
            }
            if number % 2:
                case["checks"] = {"own": {"scorer": "contains", "value": str(number)}}
            file.write(json.dumps({**case, "cluster": f"c{number // 4}"}) + "\n")
    (tmp_path / "s.yaml").write_text(
        "suite: many\nchecks: {right: exact, short: {scorer: length, max: 99}}\ncases: c.jsonl\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "s.yaml")], capture_output=True, text=True, check=True
    )
    told = json.loads(run.stdout)
    assert told["count"] == CASES
    assert told["seconds"] < 20
    size = (tmp_path / "c.jsonl").stat().st_size
    assert told["memory"] < min(30_000_000, size / 3), "the cases themselves are not kept"
