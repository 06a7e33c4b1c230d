"""What is asked of a candidate before anything else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Deployment
from ajar.config.snapshot import Snapshot
from ajar.domain.usage import Usage
from ajar.rollout.preflight import context_of, failures, preflight
from ajar.traffic.journal import Journal
from rollout.bench import ROUTE, SECOND, Bench, config, record

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.document import Finding

NOW = int(time.time()) * SECOND


def asked(state: Path, candidate: str = "new", *, deployment: Deployment | None = None, **route: Any) -> list[Finding]:
    made = config(**route)
    if deployment is not None:
        made = msgspec.structs.replace(made, deployments={**made.deployments, candidate: deployment})
    return preflight(Snapshot("h", made), state, ROUTE, "old", candidate, NOW)


def finding(found: list[Finding], name: str) -> Finding:
    return next(one for one in found if one.name == name)


def recorded(state: Path, *records: dict[str, Any]) -> None:
    journal = Journal(state / "journal", 0)
    for number, fields in enumerate(records):
        journal.append(record(NOW - (number + 1) * SECOND, f"i{number}", **({"unit_hash": "ab"} | fields)))
    journal.close()


def test_candidates_that_cannot_be(tmp_path: Path) -> None:
    assert "no deployment" in failures(asked(tmp_path, "nobody"))
    assert "already" in failures(asked(tmp_path, "old"))


def test_without_traffic_little_is_known(tmp_path: Path) -> None:
    found = asked(tmp_path)
    assert failures(found) == ""
    assert finding(found, "traffic").verdict == "warning"
    assert finding(found, "policy").why.startswith("no policy")


def test_requests_that_would_not_fit(tmp_path: Path) -> None:
    recorded(tmp_path, {}, {"usage": Usage(input_tokens=900, output_tokens=200)})
    small = Deployment(model="m", runtime="vllm", base_url="http://x/v1", context=1024)
    assert "1 requests (50.0%)" in failures(asked(tmp_path, deployment=small))
    large = msgspec.structs.replace(small, context=2048)
    assert finding(asked(tmp_path, deployment=large), "context").verdict == "ok"
    assert finding(asked(tmp_path), "context").verdict == "unknown"


def test_a_started_runtimes_context_is_known() -> None:
    assert context_of(Deployment(model="m.gguf", runtime="llama.cpp")) == 4096
    assert context_of(Deployment(model="ajar-triage-v1", runtime="llama.cpp")) == 512
    assert context_of(Deployment(model="m", provider="openai")) is None


def test_operations_that_it_has_not(tmp_path: Path) -> None:
    recorded(tmp_path, {"operation": "embeddings"}, {"operation": "chat"}, {"operation": "messages"})
    found = asked(tmp_path, deployment=Deployment(model="claude", provider="anthropic"))
    assert [(one.verdict, one.why.split(":")[0]) for one in found if one.name == "formats"] == [
        ("ok", "1 × chat"),
        ("fail", "1 × embeddings"),
        ("ok", "1 × messages"),
    ]


@pytest.mark.parametrize(("strict", "verdict"), [(False, "warning"), (True, "fail")])
def test_what_recorded_requests_would_lose(tmp_path: Path, strict: bool, verdict: str) -> None:
    body = '{"model": "triage", "messages": [{"role": "user", "content": "x"}], "logit_bias": {"1": 5}}'
    recorded(tmp_path, {"request": body})
    found = asked(tmp_path, deployment=Deployment(model="claude", provider="anthropic"), bodies="all", strict=strict)
    assert finding(found, "capabilities").verdict == verdict
    assert "logit_bias (1)" in finding(found, "capabilities").why
    same = asked(tmp_path, bodies="all", strict=strict)
    assert finding(same, "capabilities").verdict == "ok"
    assert finding(asked(tmp_path / "empty"), "capabilities").verdict == "unknown"


def test_prices(tmp_path: Path) -> None:
    assert "0.5 times as much" in finding(asked(tmp_path), "price").why
    assert "third" in finding(asked(tmp_path, "third"), "price").why


def test_requests_without_units(tmp_path: Path) -> None:
    recorded(tmp_path, {"unit_hash": None}, {})
    assert finding(asked(tmp_path), "unit").verdict == "warning"


def test_without_any_unit_no_canary_can_tell_anything(tmp_path: Path) -> None:
    recorded(tmp_path, {"unit_hash": None})
    assert "unit" in failures(asked(tmp_path))


def test_a_server_that_is_starting_is_waited_for(tmp_path: Path) -> None:
    made = config()
    started = Deployment(model="ajar-triage-v1", runtime="llama.cpp")
    bench = Bench(tmp_path, msgspec.structs.replace(made, deployments={**made.deployments, "new": started}))
    bench.begin(skip_gate="x")
    bench.turn()
    assert bench.turn(60).state == "preflight"
    bench.setting.snapshot = msgspec.structs.replace(bench.setting.snapshot, endpoints={"new": "http://127.0.0.1:9/v1"})
    assert bench.turn().state == "gate"


def test_a_server_that_never_comes_up(tmp_path: Path) -> None:
    made = config()
    started = Deployment(model="ajar-triage-v1", runtime="llama.cpp")
    bench = Bench(tmp_path, msgspec.structs.replace(made, deployments={**made.deployments, "new": started}))
    bench.begin(skip_gate="x")
    bench.turn()
    document = bench.turn(121)
    assert (document.state, document.decision and document.decision.exit_code) == ("failed", 3)
    assert document.preflight[1].why.startswith("its server is not up")
