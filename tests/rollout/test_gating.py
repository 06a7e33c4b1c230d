"""The gate as a child process, and what its end means for the rollout."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.config.load import parse
from ajar.rollout import gating
from rollout.bench import Bench, config

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, os, sys, tomllib
config = tomllib.load(open(sys.argv[sys.argv.index("--config") + 1], "rb"))
print(json.dumps({"verdict": %r, "decisions": [
    {"suite": "s", "metric": "passed", "margin": 0, "verdict": "x", "why": "since it is so"}],
    "argv": sys.argv[1:], "key": os.environ.get("AJAR_GATE_KEY"), "server": config["server"]}))
sys.exit(%d)
"""


def gated(state: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> Bench:
    monkeypatch.setattr(gating, "_PROGRAM", program)
    (state / "gate.yaml").write_text("gate: g\n")
    made = Bench(state, config(swap={"gate": "gate.yaml"}))
    made.setting.key = "ajar_x_y"
    made.setting.base_url = "http://127.0.0.1:4123"
    made.begin(skip_preflight="nothing is recorded yet")
    return made


def until_over(made: Bench) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        document = made.turn(0.1)
        if document.ended or document.state == "canary":
            return
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("verdict", "code", "state", "exit_code"),
    [
        ("PASS", 0, "canary", None),
        ("FAIL", 1, "failed", 1),
        ("INCONCLUSIVE", 2, "inconclusive", 2),
        ("COULD NOT RUN", 3, "failed", 3),
    ],
)
def test_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdict: str, code: int, state: str, exit_code: int | None
) -> None:
    made = gated(tmp_path, monkeypatch, PROGRAM % (verdict, code))
    until_over(made)
    document = made.document()
    assert (document.state, document.decision and document.decision.exit_code) == (state, exit_code)
    gate = document.gate
    assert gate is not None
    assert (gate.verdict, gate.exit_code, gate.why) == (verdict, code, "s · passed: since it is so")
    assert gate.file_sha256 is not None
    assert gate.result_sha256 is not None
    argv = gate.result["argv"]
    assert argv[:3] == ["eval", "gate", str(tmp_path / "gate.yaml")]
    assert argv[argv.index("--on") + 1 :][:1] == ["deployment:new"]
    assert argv[argv.index("--against") + 1 :][:1] == ["deployment:old"]
    assert (gate.result["key"], argv[argv.index("--api-key") + 1]) == ("ajar_x_y", "env:AJAR_GATE_KEY")
    assert "ajar_x_y" not in argv
    server = gate.result["server"]
    assert (server["host"], server["port"]) == ("127.0.0.1", 4123)
    assert server["state_dir"] == str(tmp_path / "rollouts" / document.id / "gate")
    if exit_code is not None:
        assert made.revision() is None  # no traffic was touched


def test_a_child_that_says_nothing_could_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = gated(tmp_path, monkeypatch, "import sys; sys.stderr.write('no suite there'); sys.exit(0)")
    until_over(made)
    document = made.document()
    assert (document.state, document.decision and document.decision.exit_code) == ("failed", 3)
    assert document.gate is not None
    assert document.gate.why == "no suite there"


def test_abort_ends_the_child_and_a_restart_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = "import os, time; open(f'pid{os.getpid()}', 'w').close(); time.sleep(600)"
    made = gated(tmp_path, monkeypatch, sleeper)

    def pids() -> list[int]:
        return sorted(int(path.name[3:]) for path in tmp_path.glob("pid*"))

    for count in (1, 2):
        deadline = time.monotonic() + 20
        while len(pids()) < count and time.monotonic() < deadline:
            made.turn(0.1)
            time.sleep(0.02)
        assert len(pids()) == count
        if count == 1:
            made.restart()
    made.order("abort")
    assert made.turn().state == "aborted"
    for pid in pids():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_without_a_gate_it_goes_on_loudly(tmp_path: Path) -> None:
    made = Bench(tmp_path, config())
    made.begin(skip_preflight="x")
    document = made.run(10, 0, until=lambda document: document.state == "canary")
    assert document.gate is not None
    assert document.gate.verdict == "NONE"
    assert any("HAS NO GATE" in line for line in made.said)
    assert "HAS NO GATE" in (tmp_path / "rollouts" / document.id / "record.md").read_text()


def test_the_config_of_the_child_is_the_same_config(tmp_path: Path) -> None:
    whole = config(bodies="all", checks={"valid": {"scorer": "contains", "text": 'a "quoted" \\ \x7f ü'}})
    text = gating._config(whole, tmp_path, "http://127.0.0.1:4000")
    server = msgspec.structs.replace(whole.server, host="127.0.0.1", port=4000, state_dir=str(tmp_path))
    assert parse(text, "x") == msgspec.structs.replace(whole, server=server)


def test_a_gate_whose_steward_is_gone_ends_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = gated(tmp_path, monkeypatch, gating._PROGRAM)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    until_over(made)
    gate = made.document().gate
    assert gate is not None
    assert (gate.verdict, gate.why) == ("COULD NOT RUN", "whoever started this gate is gone")


def test_a_gates_config_does_not_hold_the_webhooks_address(tmp_path: Path) -> None:
    text = gating._config(config(swap={"webhook": "https://hooks.example.com/secret"}), tmp_path, "http://127.0.0.1:1")
    assert "secret" not in text
    assert parse(text, "x").routes["triage"].swap.steps == (10, 50)
