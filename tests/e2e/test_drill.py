"""A drill on the shipped models, through the service as an operator starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openai import OpenAI

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running

HELD_OUT = Path(__file__).resolve().parents[2] / "models" / "triage" / "heldout" / "near.jsonl"
FEW, MORE = 60, 130

CONFIG = """
[deployments.triage-v1]
runtime = "llama.cpp"
model = "ajar-triage-v1"
[deployments.triage-v2]
runtime = "llama.cpp"
model = "ajar-triage-v2"
[routes.support-triage]
primary = "triage-v2"
fallback = ["triage-v1"]
bodies = "all"
[routes.support-triage.checks.shape]
scorer = "json-schema"
schema = { type = "object", required = ["intent", "urgency"] }
[routes.alone]
primary = "triage-v2"
"""

SUITE = """
suite: triage-{name}
request: {{temperature: 0, max_tokens: 160}}
checks: {{fields: json-fields}}
cases: {name}.jsonl
"""


def drill(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ajar", "drill", *arguments, "--base-url", running.url]
    return subprocess.run(
        command, cwd=running.folder, env=running.environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_only_what_the_route_needs_is_missed(serve: Callable[..., Running]) -> None:
    running = serve(CONFIG)
    cases = HELD_OUT.read_text().splitlines(keepends=True)
    for name, count in (("few", FEW), ("more", MORE)):
        (running.folder / f"{name}.jsonl").write_text("".join(cases[:count]))
        (running.folder / f"{name}.yaml").write_text(SUITE.format(name=name))

    worse = drill(running, "support-triage", "--lose", "triage-v2", "--suite", "few.yaml", "--margin", "3%")
    assert worse.returncode == 1, worse.stderr + worse.stdout
    assert f"today: answered by triage-v2 ({FEW})" in worse.stdout
    assert f"without: answered by triage-v1 ({FEW})" in worse.stdout
    assert "FAIL  triage-few · passed, margin of 3 points: support-triage without triage-v2 is at least" in worse.stdout

    same = drill(running, "support-triage", "--lose", "triage-v1", "--suite", "more.yaml", "--margin", "3%")
    assert same.returncode == 0, same.stderr + same.stdout
    assert "PASS" in same.stdout

    alone = drill(running, "alone", "--lose", "provider:llama.cpp", "--suite", "few.yaml")
    assert alone.returncode == 1
    assert "FAIL  route `alone` has only `triage-v2` (llama.cpp): without it nobody is answered" in alone.stdout
    assert '`fallback = ["triage-v1"]`, which the config has already' in alone.stdout

    recorded_requests_go_out_again(running)


def recorded_requests_go_out_again(running: Running) -> None:
    client = OpenAI(base_url=running.url, api_key="none")
    asked = [json.loads(line)["input"] for line in HELD_OUT.read_text().splitlines()[:4]]
    for number, text in enumerate(asked):
        messages: Any = [{"role": "user", "content": text}]
        if number % 2:
            client.chat.completions.create(model="support-triage", messages=messages, temperature=0)
        else:
            for _ in client.chat.completions.create(
                model="support-triage", messages=messages, temperature=0, stream=True
            ):
                pass
        for _ in client.responses.create(model="support-triage", input=text, temperature=0, stream=True):
            pass
    ran = drill(running, "support-triage", "--lose", "triage-v2", "--recorded", "100", "--json")
    assert ran.returncode == 2, ran.stderr + ran.stdout  # they are few
    found = json.loads(ran.stdout)
    assert [arm["errors"] for arm in found["arms"].values()] == [{}, {}]
    assert {tag["tag"]: tag["cases"] for tag in found["tags"]} == {
        "openai-chat": 4, "openai-responses": 4, "streamed": 6, "whole": 2,
    }  # fmt: skip
    shape = next(metric for metric in found["metrics"] if metric["name"] == "shape")
    assert shape["candidate"]["mean"] == 1.0  # a stream is put together before it is checked
    drilled = [json.loads(line) for line in running.ajar("traffic", "export", "--purpose", "drill").splitlines()]
    streamed = [record["deployment"] for record in drilled if record["stream"]]
    assert sorted(streamed) == ["triage-v1"] * 6 + ["triage-v2"] * 6
