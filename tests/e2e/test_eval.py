"""The shipped suites on the shipped models, through the service as an operator starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running

SUITES = Path(__file__).resolve().parents[2] / "suites" / "triage"

CONFIG = """
[deployments.triage-v1]
runtime = "llama.cpp"
model = "ajar-triage-v1"
[deployments.triage-v2]
runtime = "llama.cpp"
model = "ajar-triage-v2"
[routes.support-triage]
primary = "triage-v2"
"""


def ajar(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ajar", "eval", *arguments]
    return subprocess.run(
        command, cwd=running.folder, env=running.environment, capture_output=True, text=True, timeout=120, check=False
    )


def asked(running: Running) -> list[str]:
    return ["--base-url", running.url, "--on", "deployment:triage-v2", "--against", "deployment:triage-v1"]


def test_v2_may_replace_v1_and_v1_may_not_replace_v2(serve: Callable[..., Running]) -> None:
    running = serve(CONFIG)
    gate = str(SUITES / "gate.yaml")
    better = ajar(running, "gate", gate, "--json", "--base-url", running.url)
    assert better.returncode == 0, better.stderr + better.stdout
    decisions = json.loads(better.stdout)["decisions"]
    assert [(each["suite"], each["verdict"]) for each in decisions] == [("triage-near", "PASS"), ("triage-far", "PASS")]
    assert all(each["comparison"]["n"] == 300 and each["comparison"]["low"] > 0.08 for each in decisions)
    assert decisions[1]["comparison"]["clusters"] > 100  # messages of one phrasing are not independent
    worse = ajar(
        running, "gate", gate, "--base-url", running.url,
        "--on", "deployment:triage-v1", "--against", "deployment:triage-v2",
    )  # fmt: skip
    assert worse.returncode == 1, worse.stderr + worse.stdout
    assert worse.stdout.count("FAIL") == 3
