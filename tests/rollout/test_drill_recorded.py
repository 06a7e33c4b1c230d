"""Which recorded requests a drill asks again, and how they are counted and checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Config
from ajar.domain.record import InferenceRecord, Purpose
from ajar.domain.usage import Usage
from ajar.errors import ConfigError, StateError
from ajar.evals.answer import Answer
from ajar.rollout.drills.recorded import Recorded, draw, fetch
from ajar.traffic.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.drills.recorded import Draw


def config(bodies: str = "all", **checks: dict[str, Any]) -> Config:
    table = {
        "deployments": {"a": {"provider": "openai", "model": "m"}},
        "routes": {"r": {"primary": "a", "bodies": bodies, "checks": checks}},
    }
    return msgspec.convert(table, Config)


def record(number: int, body: dict[str, Any] | None, **fields: Any) -> InferenceRecord:
    known: dict[str, Any] = {
        "id": f"id-{number:03}",
        "time": 1_000_000 + number,
        "operation": "chat",
        "route": "r",
        "config": "c",
        "caller": "x",
        "purpose": "live",
        "status": 200,
        "stream": False,
        "total_ms": 1.0,
        "usage": Usage(input_tokens=10, output_tokens=20),
        "request": None if body is None else json.dumps({"model": "r", **body}),
    }
    return InferenceRecord(**{**known, **fields})


CHAT = {"messages": [{"role": "user", "content": "hi"}]}


def drawn(state: Path, *records: InferenceRecord, count: int = 100, since: int = 0, seed: int = 0) -> Draw:
    journal = Journal(state / "journal", 0)
    for one in records:
        journal.append(one)
    journal.close()
    return draw(state, config(), "r", count, since, seed)


def test_only_live_chats_of_the_route_that_were_answered(tmp_path: Path) -> None:
    purpose: Purpose = "eval"
    found = drawn(
        tmp_path,
        record(1, CHAT),
        record(2, CHAT, route="other"),
        record(3, CHAT, purpose=purpose),
        record(4, CHAT, status=400),
        record(5, None),
        record(6, {"input": "x"}, operation="embeddings"),
        record(7, CHAT, time=5),
        since=10,
    )
    assert [request.id for request in found.requests] == ["id-001"]
    assert found.left_out == {"of another kind": 1}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("responses", {"input": "x", "previous_response_id": "resp_1"}),
        ("responses", {"input": "x", "conversation": "conv_1"}),
        ("responses", {"prompt": {"id": "pmpt_1"}}),
        ("responses", {"input": "x", "background": True}),
        ("responses", {"input": [{"type": "item_reference", "id": "msg_1"}]}),
        ("messages", {**CHAT, "container": "container_1"}),
    ],
)
def test_what_has_state_at_a_provider_is_left_out_and_counted(
    tmp_path: Path, operation: str, body: dict[str, Any]
) -> None:
    with pytest.raises(StateError, match="1 with state at a provider"):
        drawn(tmp_path, record(1, body, operation=operation))


def test_the_same_seed_draws_the_same_requests(tmp_path: Path) -> None:
    records = [record(number, CHAT) for number in range(100)]
    first = drawn(tmp_path, *records, count=20)
    ids = [request.id for request in first.requests]
    assert len(set(ids)) == 20
    assert ids != sorted(ids)
    assert [request.id for request in draw(tmp_path, config(), "r", 20, 0, 0).requests] == ids
    assert [request.id for request in draw(tmp_path, config(), "r", 20, 0, 1).requests] != ids
    assert fetch(tmp_path, ids).requests == first.requests
    with pytest.raises(StateError, match="1 of the 2 requests of this drill are not kept any more"):
        fetch(tmp_path, [ids[0], "gone"])


def test_a_route_that_keeps_nothing_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='write `bodies = "all"`'):
        draw(tmp_path, config("none"), "r", 5, 0, 0)
    with pytest.raises(StateError, match="try --suite"):
        drawn(tmp_path)


def test_units_are_clusters_and_tokens_are_those_that_were_taken(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        record(1, CHAT, unit_hash="u", stream=True),
        record(2, CHAT, unit_hash="u"),
        record(3, CHAT, usage=Usage(input_tokens=40, output_tokens=50)),
    )
    asked = Recorded(config(), "r", found.requests)
    at = {asked.suite.case(index).id: index for index in range(3)}
    clusters = [asked.suite.cluster_of(at[name]) for name in ("id-001", "id-002", "id-003")]
    assert clusters[0] == clusters[1] is not None
    assert clusters[2] is None
    assert asked.tokens() == (20.0, 30.0)
    question = asked.question(at["id-001"])
    assert question.way == ("openai-chat", True)
    assert json.loads(question.body) == {"model": "r", **CHAT}
    assert asked.suite.tags_of(at["id-001"]) == ("openai-chat", "streamed")
    assert asked.suite.case(at["id-002"]).input == CHAT["messages"]


def test_the_checks_are_the_routes_and_that_it_answers_to_the_end(tmp_path: Path) -> None:
    requests = drawn(tmp_path, record(1, CHAT)).requests
    plain = Recorded(config(), "r", requests).suite
    checked = Recorded(config(length={"max": 3}), "r", requests).suite
    assert list(plain.scorers(0)) == ["answered", "finished"]
    assert list(checked.scorers(0)) == ["answered", "finished", "length"]
    assert plain.digest != checked.digest
    case, finished = plain.case(0), plain.scorers(0)["finished"]
    assert [finished.score(Answer(finish_reason=reason), case).value for reason in ("stop", "tool_calls", None)] == [
        1,
        1,
        1,
    ]
    assert [finished.score(Answer(finish_reason=reason), case).value for reason in ("length", "content_filter")] == [
        0,
        0,
    ]
