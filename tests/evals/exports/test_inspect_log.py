"""The log for Inspect: its own reader reads it, and finds in it what the run found."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ajar.evals.exports import inspect_log
from ajar.evals.result import Gate
from conftest import require
from doubles.finished_run import MadeSuite, decision, result, sample
from doubles.peak import most_held

from .conftest import CREATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ajar.evals.sample import Arm, Sample

ROOT = Path(__file__).resolve().parents[3]

READ = """
import json, math, sys, warnings
warnings.simplefilter("error")
from inspect_ai.log import read_eval_log
log, head = read_eval_log(sys.argv[1]), read_eval_log(sys.argv[1], header_only=True)
assert head.samples is None and head.results == log.results and head.stats == log.stats
log.eval.dataset.sample_ids = None  # which it gathers from the samples
assert head.eval == log.eval
found = json.loads(log.model_dump_json())
found["summaries"] = [json.loads(sample.summary().model_dump_json()) for sample in log.samples]
found["unscored"] = [
    [sample.id, name, score.reason]
    for sample in log.samples for name, score in sample.scores.items() if score.value != score.value
]
print(json.dumps(found))
"""


def written(suite: MadeSuite, samples: Iterable[Sample], arm: Arm = "candidate") -> bytes:
    out = io.BytesIO()
    made = result(gate=Gate(verdict="PASS", decisions=[decision()]))
    inspect_log.write(out, made, suite, samples, created=CREATED, arm=arm)
    return out.getvalue()


def read(tmp_path: Path, log: bytes) -> dict[str, Any]:
    """What `inspect_ai.log.read_eval_log` makes of it, in an environment of its own."""
    path = os.environ.get("AJAR_INSPECT") or str(ROOT / "build/inspect/bin/python")
    program = require(path if Path(path).exists() else None, f"Inspect ({path}; set AJAR_INSPECT)")
    (tmp_path / "log.json").write_bytes(log)
    command = [program, "-c", READ, str(tmp_path / "log.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_inspect_reads_it(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    log = read(tmp_path, written(suite, made))
    assert (log["version"], log["status"]) == (2, "success")
    spec = log["eval"]
    assert (spec["task"], spec["model"], spec["run_id"]) == ("triage", "triage-v2", "run_01JD9Q4W8E2V7")
    assert spec["created"] == "2026-11-21T12:30:00+00:00"
    assert spec["metadata"]["gate"]["verdict"] == "PASS"
    assert spec["metadata"]["comparisons"]["passed"]["mcnemar_p"] == 0.0004
    scores = {score["name"]: score["metrics"] for score in log["results"]["scores"]}
    assert scores["passed"]["mean"]["value"] == 0.917
    assert scores["fields.queue"]["mean"]["value"] == 0.933
    assert "cost_usd" not in scores
    assert log["results"]["total_samples"] == 600
    assert log["results"]["completed_samples"] == 597


def test_what_inspect_finds_in_each_sample(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    log = read(tmp_path, written(suite, made))
    found = {(sample["id"], sample["epoch"]): sample for sample in log["samples"]}
    assert len(found) == len([sample for sample in made if sample.arm == "candidate"])

    plain = found["triage-0010", 1]
    assert plain["input"] == suite.case(10).input
    assert json.loads(plain["target"]) == suite.case(10).target
    assert plain["scores"]["passed"]["value"] in {0.0, 1.0}
    assert plain["scores"]["passed"]["answer"] == plain["output"]["completion"]
    assert plain["scores"]["fields"]["metadata"]["fields"]["urgency"] == 1.0
    assert plain["output"]["usage"]["input_tokens"] == 61
    assert plain["output"]["time"] == plain["total_time"] == 0.0385
    assert plain["metadata"] == {"tags": list(suite.tags_of(10)), "attempts": 1, "deployment": "local"}

    error = found["triage-0003", 1]
    assert error["error"]["message"] == "timeout: no answer within 30 s"
    assert error["output"]["choices"] == []

    refused = found["triage-0001", 1]["output"]
    assert (refused["choices"][0]["stop_reason"], refused["error"]) == ("content_filter", "I may not.")
    (asked,) = found["triage-0002", 1]["output"]["choices"][0]["message"]["tool_calls"]
    assert (asked["function"], asked["arguments"]) == ("find", {"q": "é"})

    messages = found["triage-0005", 1]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant"]
    assert found["triage-0006", 1]["target"] == ["yes", "no"]
    assert found["triage-0007", 1]["target"] == []
    assert found["triage-0007", 1]["metadata"]["cluster"] == "document-1"
    assert found["triage-0004", 2]["output"]["usage"]["input_tokens"] == 60
    assert found["triage-0004", 2]["output"]["usage"]["input_tokens_cache_read"] == 40
    assert log["unscored"] == [["triage-0000", "judge", "scoring_failed"]]
    assert "passed" not in found["triage-0000", 1]["scores"]
    assert all(summary["completed"] for summary in log["summaries"])


def test_each_model_has_a_log_of_its_own(suite: MadeSuite, made: list[Sample]) -> None:
    log = json.loads(written(suite, made, "baseline"))
    assert log["eval"]["model"] == "triage-v1"
    assert {sample["output"]["model"] for sample in log["samples"]} == {"triage-v1"}
    assert {score["name"]: score for score in log["results"]["scores"]}["passed"]["metrics"]["mean"]["value"] == 0.867


def test_a_run_without_samples(suite: MadeSuite) -> None:
    assert json.loads(written(suite, []))["samples"] == []


def test_samples_are_not_held(suite: MadeSuite, tmp_path: Path) -> None:
    """2,000 answers of 20 kB each: 40 MB go through."""

    def many() -> Iterator[Sample]:
        for number in range(2_000):
            yield sample(8, "candidate", "x", repeat=number, text="y" * 20_000)

    def written() -> None:
        with (tmp_path / "log.json").open("wb") as out:
            inspect_log.write(out, result(), suite, many(), created=CREATED)

    assert most_held(written, 2_000_000) < 2_000_000
    assert (tmp_path / "log.json").stat().st_size > 40_000_000
