"""A swap as an operator orders it: the shipped models, callers who say whether an answer was right, and `ajar swap`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ajar.cli.swap.shelf import shelf
from e2e.callers import ROOT, Callers
from e2e.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.rollout.document import Rollout
    from e2e.conftest import Running

_SUITE = """
suite: triage-some
request: {temperature: 0, max_tokens: 160}
checks:
  fields: json-fields
cases: some.jsonl
"""
_GATE = """
gate: some
suites:
  - suite: some.yaml
    margins: {passed: 3%}
"""
LONGEST_S = 75

CONFIG = """
[deployments.triage-v1]
runtime = "llama.cpp"
model = "ajar-triage-v1"

[deployments.triage-v2]
runtime = "llama.cpp"
model = "ajar-triage-v2"

[routes.support-triage]
primary = "{primary}" # who answers
maturity_s = {ripe_s}

[routes.support-triage.metrics.right]
kind = "boolean"
role = "primary"
margin = 0.1
missing = "fail"

[routes.support-triage.swap]
steps = [50]
min_units = 10
step_minutes = 0
max_hours = 0.1
shadow = {{share = 0}}
"""

NEVER_S = 120
"""Nothing is decided by the answers as long as a test takes."""


def config(primary: str, ripe_s: int = 2) -> str:
    """With that primary; a unit counts once it is `ripe_s` old."""
    return CONFIG.format(primary=primary, ripe_s=ripe_s)


def gate(folder: Path) -> str:
    """A gate of 130 of the shipped suite's messages: enough to tell these two models apart."""
    lines = (ROOT / "models/triage/heldout/near.jsonl").read_text().splitlines(keepends=True)
    (folder / "some.jsonl").write_text("".join(lines[:130]))
    (folder / "some.yaml").write_text(_SUITE)
    (folder / "gate.yaml").write_text(_GATE)
    return str(folder / "gate.yaml")


def swap(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ajar", "swap", *arguments]
    return subprocess.run(
        command,
        cwd=running.folder,
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )


def record(running: Running) -> dict[str, Any]:
    """The last rollout's."""
    found: dict[str, Any] = json.loads(swap(running, "status", "support-triage", "--json").stdout)["rollouts"][0]
    return found


def standing(running: Running) -> Rollout:
    """The same, looked at from here: a command a moment would take a processor from those who answer."""
    with shelf(running.folder / ".ajar") as rollouts:
        return rollouts.one("support-triage")


def primary(running: Running) -> str:
    """Who answers the route now."""
    rows = json.loads(running.ajar("routes", "--json"))["routes"]
    found: str = rows[0]["deployments"][0]["deployment"]
    return found


def test_a_better_model_is_promoted_and_written_down(serve: Callable[..., Running]) -> None:
    running = serve(config("triage-v1"))
    with Callers(running.port, pause_s=0.1) as callers:  # the gate has the machine too
        done = swap(
            running, "support-triage", "--to", "triage-v2", "--gate", gate(running.folder), "--why", "newer", "--write"
        )
    assert done.returncode == 0, done.stdout + done.stderr + (running.folder / "log").read_text()
    assert callers.broken == []
    assert set(callers.statuses) == {200}
    found = record(running)
    assert (found["state"], found["decision"]["exit_code"], found["gate"]["verdict"]) == ("promoted", 0, "PASS")
    look = found["look"]["standings"][0]
    assert look["name"] == "right"
    assert look["proven"]
    assert look["candidate_mean"] > look["control_mean"]
    text = (running.folder / "ajar.toml").read_text()
    assert 'primary = "triage-v2" # who answers\nfallback = ["triage-v1"]\n' in text
    eventually(lambda: json.loads(running.ajar("routes", "--json"))["routes"][0]["revision"] is None, 10)
    assert primary(running) == "triage-v2"
    running.ajar("audit", "verify")


def test_a_worse_model_is_stopped_by_the_gate(serve: Callable[..., Running]) -> None:
    running = serve(config("triage-v2") + 'gate = "gate.yaml"\n')
    gate(running.folder)
    done = swap(running, "support-triage", "--to", "triage-v1", "--wait")
    assert done.returncode == 1, done.stdout + done.stderr
    found = record(running)
    assert (found["state"], found["gate"]["verdict"], found["steps"]) == ("failed", "FAIL", [])
    assert found["revisions"] == [], "no caller ever met it"
    assert primary(running) == "triage-v2"


def test_where_the_gate_is_skipped_the_canary_rolls_it_back(serve: Callable[..., Running]) -> None:
    running = serve(config("triage-v2"))
    with Callers(running.port, pause_s=0.05) as callers:
        done = swap(running, "support-triage", "--to", "triage-v1", "--skip-gate", "--why", "a test", "--wait")
    assert done.returncode == 1, done.stdout + done.stderr + (running.folder / "log").read_text()
    assert callers.broken == []
    found = record(running)
    assert (found["state"], found["gate"]["verdict"], found["gate"]["why"]) == ("rolled_back", "SKIPPED", "a test")
    assert found["look"]["standings"][0]["harmful"]
    assert primary(running) == "triage-v2"
    assert "the evidence that it is worse reached 40" in done.stdout
    running.ajar("audit", "verify")


def test_a_candidate_that_crashes_twice_is_rolled_back_and_nobody_sees_it(serve: Callable[..., Running]) -> None:
    running = serve(config("triage-v1", ripe_s=NEVER_S))
    with (
        Callers(running.port, number=2, pause_s=0.1) as callers,
        Callers(running.port, number=2, pause_s=0.05, streamed=True) as streaming,
    ):
        asked = swap(running, "support-triage", "--to", "triage-v2", "--skip-gate", "--why", "a test")
        assert asked.returncode == 0, asked.stderr
        eventually(lambda: standing(running).state == "canary", 60)
        time.sleep(1)
        killed = kill_until_it_ends(running, "triage-v2")
    found = record(running)
    assert (found["state"], found["decision"]["exit_code"]) == ("rolled_back", 1), found["decision"]
    why = found["decision"]["why"]  # where the steward is slow, it may have died once more
    assert re.fullmatch(r"triage-v2 crashed [2-9] times within one step", why), why
    assert killed >= 2
    assert callers.broken == [], "whose answer had not begun got it from the control"
    assert streaming.broken == [], "whose stream had begun got its format's error event"
    assert set(callers.statuses) == set(streaming.statuses) == {200}
    assert streaming.cut < streaming.statuses[200] / 4
    assert callers.statuses[200] > 20
    assert primary(running) == "triage-v1"


def test_pause_resume_and_abort_are_done_at_once(serve: Callable[..., Running]) -> None:
    running = serve(config("triage-v1", ripe_s=NEVER_S))
    with Callers(running.port, number=1, pause_s=0.1) as callers:
        swap(running, "support-triage", "--to", "triage-v2", "--skip-gate", "--why", "a test")
        eventually(lambda: standing(running).state == "canary", 60)
        watching = subprocess.Popen(
            [sys.executable, "-m", "ajar", "swap", "watch", "support-triage"],
            cwd=running.folder,
            env=running.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        paused = json.loads(running.ajar("swap", "pause", "--why", "lunch", "--json"))
        assert (paused["paused"], paused["taken"]) == (True, True)
        assert record(running)["revision"].get("split") is None
        assert "it goes on" in running.ajar("swap", "resume", "support-triage")
        assert record(running)["revision"]["split"]["epoch"] == 2
        aborted = running.ajar("swap", "abort", "--why", "enough")
        assert aborted == "support-triage: the rollout has ended (aborted); triage-v1 answers.\n"
    out, _ = watching.communicate(timeout=20)
    assert watching.returncode == 2
    for text in ("paused: lunch", "resumed: ", "aborted: aborted: enough"):
        assert text in out
    assert callers.broken == []


def kill_until_it_ends(running: Running, model: str) -> int:
    """Kill the process that holds this model whenever there is one; how often, when the rollout has ended."""
    killed: set[int] = set()
    deadline = time.monotonic() + 90
    while standing(running).decision is None:
        assert time.monotonic() < deadline, "the rollout goes on in spite of it"
        for pid in running.children("llama_cpp"):
            with suppress(OSError):
                if pid not in killed and model in Path(f"/proc/{pid}/maps").read_text():
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
        time.sleep(0.1)
    return len(killed)
