"""From a live answer to feedback in the steward's journal."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Config
from ajar.config.snapshot import Snapshot
from ajar.rollout.checking import Checking
from ajar.rollout.setting import Setting
from ajar.traffic.answers import Said
from ajar.traffic.feedback import read_feedback
from doubles.service import Service
from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.copied import Steward, config, copies, copying, stewards, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ajar.domain.feedback import Feedback

MARKER = "zqxj-marker-7741"
CHECKS = {"valid": {"scorer": "json-schema", "schema": {"type": "object", "required": ["ok"]}}, "finish-reason": {}}

steward = pytest.fixture(stewards)


@pytest.fixture
def upstreams() -> Iterator[tuple[Upstream, Upstream]]:
    both = Upstream(), Upstream()
    yield both
    for each in both:
        each.stop()


class Bureau:
    """The checking thread beside a service, and its log."""

    def __init__(self, setting: Setting, steward: Steward) -> None:
        self.setting = setting
        self.log: list[str] = []
        self._stop = threading.Event()
        self.checking = Checking(setting, steward.receiving.detach(), self.log.append)
        self._thread = threading.Thread(target=self.checking.run, args=(self._stop,))
        self._thread.start()

    def found(self, count: int) -> list[Feedback]:
        return wait_for(lambda: len(all_ := list(read_feedback(self.setting.state_dir))) >= count and all_)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


class Place:
    """A service with its steward."""

    def __init__(self, tables: dict[str, Any], state: Path, steward: Steward, **options: Any) -> None:
        self.service = Service(tables, state, answers=steward.sending, **options)
        snapshot = Snapshot(hash="h", config=msgspec.convert(tables, Config))
        url = f"http://127.0.0.1:{self.service.port}"
        self.bureau = Bureau(Setting(state, state, url, None, snapshot), steward)

    def close(self) -> None:
        self.service.stop()
        self.bureau.close()


@pytest.fixture
def place(tmp_path: Path, steward: Steward) -> Iterator[Any]:
    made: list[Place] = []

    def make(tables: dict[str, Any], **options: Any) -> Place:
        made.append(Place(tables, tmp_path / "state", steward, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def values(found: list[Feedback]) -> dict[tuple[str | None, str], Any]:
    return {(each.inference, each.metric): each.value for each in found}


def test_live_answers_and_their_copies_are_checked(place: Any, upstreams: tuple[Upstream, Upstream]) -> None:
    live, candidate = upstreams
    live.default = answer(completion('{"ok": 1}'))
    candidate.default = answer(completion("no JSON"))
    it = place(config(live, candidate, route={"checks": CHECKS}), revisions=copying(), salt="5a" * 32)
    before = time.time_ns() // 1000
    first = it.service.chat().headers["x-ajar-inference"]
    copy = wait_for(lambda: copies(it.service))[0]["id"]
    found = it.bureau.found(4)
    assert values(found) == {
        (first, "valid"): 1.0,
        (first, "finish-reason"): 1.0,
        (copy, "valid"): 0.0,
        (copy, "finish-reason"): 1.0,
    }
    one = next(each for each in found if each.inference == first)
    assert (one.source, one.caller, one.route, one.unit_hash) == ("check", "local", "r", None)
    assert before <= one.time <= time.time_ns() // 1000
    assert len({each.id for each in found}) == 4
    assert not it.bureau.log


def test_streams_and_all_three_formats_are_checked(place: Any, upstreams: tuple[Upstream, Upstream]) -> None:
    live, candidate = upstreams
    events = stream([chunk('{"ok"'), chunk(": 1}", "stop"), DONE])
    it = place(config(live, candidate, a={"format": "openai-chat"}, route={"checks": {"valid": CHECKS["valid"]}}))
    bodies = {
        "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
        "/v1/messages": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9},
        "/v1/responses": {"input": "hi"},
    }
    asked = []
    for streamed in (False, True):
        live.default = events if streamed else answer(completion('{"ok": 1}'))
        for path, body in bodies.items():
            result = it.service.request("POST", path, {"model": "r", "stream": streamed, **body})
            assert result.status == 200, result.body
            asked.append(result.headers["x-ajar-inference"])
    assert values(it.bureau.found(6)) == {(each, "valid"): 1.0 for each in asked}


def test_only_whole_live_answers_of_status_200_are_checked(place: Any, upstreams: tuple[Upstream, Upstream]) -> None:
    live, candidate = upstreams
    it = place(config(live, candidate, route={"checks": CHECKS}))
    it.service.chat(headers={"x-ajar-purpose": "eval"})
    it.service.chat(model="deployment:a")
    it.service.request("POST", "/v1/embeddings", {"model": "r", "input": "hi"})
    live.replies.append(answer({"error": {"message": "no"}}, status=400))
    assert it.service.chat().status == 400
    live.replies.append(stream([chunk("a")], cut=True))
    it.service.chat(stream=True)
    last = it.service.chat().headers["x-ajar-inference"]
    assert {each.inference for each in it.bureau.found(2)} == {last}


@pytest.mark.parametrize("kept", ["none", "all"])
def test_without_bodies_nothing_of_them_is_on_disk(place: Any, upstreams: tuple[Upstream, Upstream], kept: str) -> None:
    live, candidate = upstreams
    live.default = answer(completion(f"live {MARKER}"))
    candidate.default = answer(completion(f"candidate {MARKER}"))
    tables = config(live, candidate, route={"checks": {**CHECKS, "judge": JUDGE}, "bodies": kept})
    tables["routes"]["judge"] = {"primary": "a"}
    it = place(tables, revisions=copying())
    messages = [{"role": "user", "content": f"asked {MARKER}"}]
    it.service.chat(messages=messages)
    it.bureau.found(6)
    live.replies.append(stream([chunk(f"x {MARKER}", "stop"), DONE]))
    candidate.default = stream([chunk(f"y {MARKER}", "stop"), DONE])
    it.service.chat(messages=messages, stream=True)
    wait_for(lambda: len(copies(it.service)) == 2)
    it.bureau.found(12)
    marked = [path for path in it.service.state.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]
    assert bool(marked) == (kept == "all")
    assert any(MARKER in line for line in it.bureau.log) == (kept == "all")


JUDGE = {"scorer": "rubric", "rubric": "Is it polite?", "route": "judge", "repeats": 1}


def test_judges_ask_the_front_door_and_hold_up_nothing(place: Any, upstreams: tuple[Upstream, Upstream]) -> None:
    live, judge = upstreams
    judge.default = Reply([], hang_s=1.0)
    tables = config(live, judge, route={"checks": {"judge": JUDGE, "finish-reason": {}}})
    tables["routes"]["judge"] = {"primary": "c"}
    it = place(tables)
    began = time.monotonic()
    for _ in range(6):
        it.service.chat()
    found = it.bureau.found(6)
    assert {each.metric for each in found} == {"finish-reason"}
    assert time.monotonic() - began < 1
    wait_for(lambda: judge.seen)
    assert len(judge.seen) <= 4
    judge.default = answer(completion('{"reason": "yes", "verdict": "pass"}'))
    found = [each for each in it.bureau.found(12) if each.metric == "judge"]
    assert [each.value for each in found].count(1.0) >= 2
    asked = judge.seen[-1].json
    assert "hello" in asked["messages"][1]["content"]
    assert "[user]\nhi" in asked["messages"][1]["content"]
    assert {r["purpose"] for r in it.service.records() if r["route"] == "judge"} == {"judge"}


def test_what_cannot_be_checked_has_no_value_and_is_told_once(tmp_path: Path, steward: Steward) -> None:
    tables = {
        "deployments": {"a": {"provider": "vllm", "base_url": "http://127.0.0.1:1/v1", "model": "m"}},
        "routes": {"r": {"primary": "a", "checks": {"json": {}, "judge": {**JUDGE, "route": "deployment:a"}}}},
    }
    snapshot = Snapshot(hash="h", config=msgspec.convert(tables, Config))
    bureau = Bureau(Setting(tmp_path, tmp_path, "http://127.0.0.1:1", None, snapshot), steward)
    encode = msgspec.msgpack.Encoder().encode

    def say(name: str, data: bytes, request: bytes = b"{}", route: str = "r") -> None:
        said = Said(
            inference=name, route=route, caller="c", format="openai-chat", request=request, answer=data, stream=False
        )
        steward.sending.send(encode(said))

    good = json.dumps(completion("{}")).encode()
    say("1", b"{")
    say("2", b"[")
    say("3", good, b"")
    say("4", good, b'{"messages": [{"role": "user", "content": "hi"}]}')
    say("5", good, route="gone")
    found = values(bureau.found(8))
    bureau.close()
    assert found == {
        ("1", "json"): None,
        ("1", "judge"): None,
        ("2", "json"): None,
        ("2", "judge"): None,
        ("3", "json"): 1.0,
        ("3", "judge"): None,
        ("4", "json"): 1.0,
        ("4", "judge"): None,
    }
    assert len(bureau.log) == 2


def test_changed_checks_are_made_at_once(place: Any, upstreams: tuple[Upstream, Upstream]) -> None:
    live, candidate = upstreams
    it = place(config(live, candidate, route={"checks": {"json": {}}}))
    first = it.service.chat().headers["x-ajar-inference"]
    it.bureau.found(1)
    tables = config(live, candidate, route={"checks": {"contains": {"value": "hello"}}})
    it.bureau.setting.snapshot = Snapshot(hash="h2", config=msgspec.convert(tables, Config))
    second = it.service.chat().headers["x-ajar-inference"]
    assert values(it.bureau.found(2)) == {(first, "json"): 0.0, (second, "contains"): 1.0}
