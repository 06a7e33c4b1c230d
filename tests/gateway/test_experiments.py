"""Experiments on live traffic: who is assigned what, and what the records say of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.evidence.assign import unit_hash
from doubles.scripted.server import ScriptedModel
from doubles.upstream import Reply, answer, completion
from gateway.conftest import config
from gateway.splits import SALT, UNIT, options
from gateway.test_pinned_requests import conversation, say
from gateway.test_records import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Result, Service
    from doubles.upstream import Upstream

    Serve = Callable[..., Service]

HASH = unit_hash(bytes.fromhex(SALT), "r", b"u")
BROKEN = answer({"error": {"message": "no"}}, status=500)


def part(record: dict[str, Any]) -> tuple[Any, ...]:
    """What a record says of its part in an experiment."""
    return tuple(record.get(field) for field in ("experiment", "epoch", "variant"))


def two(first: Upstream, second: Upstream, **route: Any) -> dict[str, Any]:
    """Route `r` over `a`; `b` is a deployment too."""
    return config(first, second, **{"fallback": (), **route})


def revise(service: Service, *shares: tuple[str, float], **fields: Any) -> None:
    """Another revision is in force."""
    service._options.update(options(*shares, **fields))
    service.apply()


def test_a_record_says_what_it_was_part_of(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    service = serve(two(upstream, second), **options(("b", 100), epoch=3))
    assert service.chat(headers=UNIT).headers["x-ajar-deployment"] == "b"
    record = service.records()[0]
    assert part(record) == ("e", 3, "b")
    assert (record["revision"], record["unit_hash"], record["deployment"]) == (7, HASH, "b")


def test_a_unit_is_recorded_without_an_experiment_too(serve: Serve, upstream: Upstream) -> None:
    service = serve(config(upstream), salt=SALT)
    service.chat(headers=UNIT)
    service.chat()
    service.chat(headers={**UNIT, "x-ajar-purpose": "eval"})
    assert [record.get("unit_hash") for record in service.records()] == [HASH, None, None]
    assert {part(record) for record in service.records()} == {(None, None, None)}
    assert "x-ajar-unit" not in upstream.seen[0].headers


def test_a_unit_keeps_its_arm_over_requests_workers_and_restarts(
    serve: Serve, upstream: Upstream, second: Upstream
) -> None:
    workers = [serve(two(upstream, second), **options(("b", 40))) for _ in range(2)]
    found: dict[str, set[str]] = {f"user-{number}": set() for number in range(25)}
    for _ in range(2):
        for worker in workers:
            for unit in found:
                found[unit].add(worker.chat(headers={"x-ajar-unit": unit}).headers["x-ajar-deployment"])
    assert all(len(arms) == 1 for arms in found.values())
    assert {arm for arms in found.values() for arm in arms} == {"a", "b"}


def test_the_units_of_the_candidate_stay_with_it_as_its_share_grows(
    serve: Serve, upstream: Upstream, second: Upstream
) -> None:
    service = serve(two(upstream, second), **options(("b", 20)))
    units = [{"x-ajar-unit": str(number)} for number in range(40)]
    before = [service.chat(headers=unit).headers["x-ajar-deployment"] for unit in units]
    revise(service, ("b", 60), epoch=2)
    after = [service.chat(headers=unit).headers["x-ajar-deployment"] for unit in units]
    assert before.count("b") < after.count("b")
    assert all(late == "b" for early, late in zip(before, after, strict=True) if early == "b")
    assert [record["epoch"] for record in service.records()] == [1] * 40 + [2] * 40


def test_the_end_users_of_the_body_are_units(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    service = serve(two(upstream, second, unit="user"), **options(("b", 100)))
    service.chat(user="u", headers={"x-ajar-unit": "another"})
    message = {"model": "r", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    service.request("POST", "/v1/messages", {**message, "metadata": {"user_id": "u"}})
    assert [record["unit_hash"] for record in service.records()] == [HASH, HASH]


def test_the_arm_is_the_one_assigned_whoever_answered(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    second.default = BROKEN
    service = serve(two(upstream, second), **options(("b", 100)))
    assert service.chat(headers=UNIT).headers["x-ajar-deployment"] == "a"
    record = service.records()[0]
    assert (part(record), record["deployment"], record["status"]) == (("e", 1, "b"), "a", 200)
    assert [each["deployment"] for each in record["attempts"]] == ["b", "a"]


def test_an_open_breaker_changes_no_arm(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    second.default = BROKEN
    service = serve(two(upstream, second), **options(("b", 100)))
    for _ in range(6):
        assert service.chat(headers=UNIT).status == 200
    record = service.records()[-1]
    assert [each["deployment"] for each in record["attempts"]] == ["a"]
    assert (part(record), record["deployment"]) == (("e", 1, "b"), "a")


def test_a_control_that_fails_is_the_controls_failure(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    upstream.default = BROKEN
    service = serve(two(upstream, second), **options(("b", 0)))
    assert service.chat(headers=UNIT).status == 500
    record = service.records()[0]
    assert (part(record), [each["deployment"] for each in record["attempts"]]) == (("e", 1, "a"), ["a"] * 3)
    assert not second.seen


def test_what_is_in_force_when_the_body_is_there_decides(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    service = serve(two(upstream, second), **options(("b", 100)))
    body = json.dumps({"model": "r", "messages": [{"role": "user", "content": "hi"}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-ajar-unit: u\r\ncontent-length: {len(body)}\r\n"
    with service.connect() as caller:
        caller.sendall(head.encode() + b"connection: close\r\n\r\n" + body[:10])
        time.sleep(0.2)
        revise(service)  # back to `a`
        caller.sendall(body[10:])
        answered = b"".join(iter(lambda: caller.recv(2**16), b""))
    assert b"x-ajar-deployment: a" in answered
    assert part(service.records()[0]) == (None, None, None)


def test_without_a_unit_it_is_the_control_and_says_so(serve: Serve, upstream: Upstream, second: Upstream) -> None:
    service = serve(two(upstream, second), **options(("b", 100)))
    service.chat()
    record = service.records()[0]
    assert (part(record), record.get("unit_hash"), record["deployment"]) == (("e", 1, "a"), None, "a")


@pytest.mark.parametrize(
    ("model", "headers", "answers"),
    [
        ("r", {"x-ajar-exclude": "b"}, "a"),
        ("r", {"x-ajar-purpose": "eval"}, "a"),
        ("r", {"x-ajar-purpose": "shadow"}, "a"),
        ("r", {"x-ajar-purpose": "drill"}, "a"),
        ("deployment:b", {}, "b"),
    ],
)
def test_what_is_not_randomised_leaves_no_trace(
    serve: Serve, upstream: Upstream, second: Upstream, model: str, headers: dict[str, str], answers: str
) -> None:
    service = serve(two(upstream, second), **options(("b", 100)))
    result = service.chat(model, headers={**UNIT, **headers})
    assert result.headers["x-ajar-deployment"] == answers
    assert part(service.records()[0]) == (None, None, None)


def test_a_count_of_tokens_is_the_arms_but_no_part_of_the_experiment(
    serve: Serve, upstream: Upstream, second: Upstream
) -> None:
    tables = two(upstream, second)
    for each in tables["deployments"].values():
        each.update(provider="anthropic", api_key="env:HOME", base_url=each["base_url"].removesuffix("/v1"))
    upstream.default = second.default = answer({"input_tokens": 3})
    service = serve(tables, **options(("b", 100)))
    body = {"model": "r", "messages": [{"role": "user", "content": "hi"}]}
    result = service.request("POST", "/v1/messages/count_tokens", body, UNIT)
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert part(service.records()[0]) == (None, None, None)
    assert service.records()[0]["unit_hash"] == HASH


def test_what_is_unfinished_is_known_until_its_record_is_kept(
    serve: Serve, upstream: Upstream, second: Upstream
) -> None:
    second.default = Reply([], hang_s=5)
    service = serve(two(upstream, second), **options(("b", 100)))
    unfinished = service.recorder.unfinished
    caller = service.connect()
    body = b'{"model":"r","messages":[]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-ajar-unit: u\r\ncontent-length: %d\r\n\r\n"
    caller.sendall(head % len(body) + body)
    assert wait_for(lambda: unfinished)
    caller.close()
    assert wait_for(lambda: not unfinished)
    assert service.records()[0]["error"] == "caller_left"
    second.default = answer(completion())
    service.chat(headers=UNIT)
    service.chat(headers={**UNIT, "x-ajar-purpose": "eval"})
    assert not unfinished


# -- what goes on with what came before -------------------------------------------------------------------------------


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as server:
        yield server


@pytest.fixture
def talk(serve: Serve, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Route `r` over `two`; `one` has another account, and `twin` the same one. No experiment yet."""
    monkeypatch.setenv("KEY_ONE", "one")
    monkeypatch.setenv("KEY_TWO", "two")
    claude = {"provider": "anthropic", "base_url": model.url, "model": "claude"}
    gpt = {"provider": "openai", "base_url": f"{model.url}/v1", "model": "gpt", "format": "openai-responses"}
    deployments = {
        "one": {**claude, "api_key": "env:KEY_ONE"},
        "two": {**claude, "api_key": "env:KEY_TWO"},
        "twin": {**claude, "model": "claude-next", "api_key": "env:KEY_TWO"},
        "gpt-one": {**gpt, "api_key": "env:KEY_ONE"},
        "gpt-two": {**gpt, "api_key": "env:KEY_TWO"},
    }
    routes = {"r": {"primary": "two"}, "s": {"primary": "gpt-two"}}
    return serve({"deployments": deployments, "routes": routes}, salt=SALT)


def go_on(service: Service, messages: list[Any]) -> Result:
    body = {"model": "r", "max_tokens": 2048, "messages": messages}
    return service.request("POST", "/v1/messages", body, UNIT)


@pytest.mark.parametrize("candidate", ["one", "twin"])
@pytest.mark.parametrize("share", [0, 100])
def test_a_conversation_goes_on_with_the_candidate_that_began_it(talk: Service, candidate: str, share: float) -> None:
    revise(talk, (candidate, 100), primary="two")
    messages = conversation(talk, f"deployment:{candidate}")
    revise(talk, (candidate, share), primary="two", epoch=2)
    result = go_on(talk, messages)
    assert result.headers["x-ajar-deployment"] == candidate
    assert "x-ajar-dropped" not in result.headers
    record = talk.records()[-1]
    assert part(record) == (("e", 2, candidate) if share else (None, None, None))  # its own arm, or none
    assert record["unit_hash"] == HASH


@pytest.mark.parametrize("candidate", ["one", "twin"])
def test_and_with_the_control_that_began_it(talk: Service, candidate: str) -> None:
    revise(talk, (candidate, 100), primary="two")
    result = go_on(talk, conversation(talk, "deployment:two"))
    assert result.headers["x-ajar-deployment"] == "two"
    assert part(talk.records()[-1]) == (None, None, None)


def test_where_the_control_is_down_it_cannot_go_on(talk: Service) -> None:
    messages = conversation(talk, "deployment:two")
    tables = msgspec.to_builtins(talk._config)
    tables["deployments"]["gone"] = {"runtime": "llama.cpp", "model": "ajar-triage-v1"}
    tables["routes"]["r"]["primary"] = "gone"
    talk._options.update(options(("one", 100), primary="gone"))
    talk.apply(tables)
    result = go_on(talk, messages)
    assert (result.status, result.json["error"]["type"]) == (503, "overloaded_error")
    assert talk.records()[-1]["error"] == "no_deployment_available"


def test_what_nobody_here_began_is_randomised(talk: Service) -> None:
    revise(talk, ("one", 100), primary="two")
    turn = {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "b2xk"}]}
    turn["content"].append({"type": "text", "text": "y"})  # type: ignore[attr-defined]
    result = go_on(talk, [{"role": "user", "content": "hi"}, turn, {"role": "user", "content": "and?"}])
    assert result.headers["x-ajar-deployment"] == "one"
    assert part(talk.records()[-1]) == ("e", 1, "one")


def test_what_the_caller_excludes_beats_the_candidate_too(talk: Service) -> None:
    revise(talk, ("one", 100), primary="two")
    messages = conversation(talk, "deployment:one")
    body = {"model": "r", "max_tokens": 2048, "messages": messages}
    result = talk.request("POST", "/v1/messages", body, {**UNIT, "x-ajar-exclude": "one"})
    assert result.headers["x-ajar-deployment"] == "two"
    assert result.headers["x-ajar-pin"] == "deployment `one` cannot be used for this request"


@pytest.mark.parametrize("share", [0, 100])
def test_a_response_is_gone_on_with_at_the_candidate_that_keeps_it(talk: Service, share: float) -> None:
    revise(talk, ("gpt-one", 100), route="s", primary="gpt-two")
    first = talk.request("POST", "/v1/responses", {"model": "s", "input": "hi", "store": True}, UNIT)
    assert first.headers["x-ajar-deployment"] == "gpt-one"
    revise(talk, ("gpt-one", share), route="s", primary="gpt-two", epoch=2)
    body = {"model": "s", "input": "and?", "previous_response_id": first.json["id"]}
    result = talk.request("POST", "/v1/responses", body, UNIT)
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "gpt-one")
    then = ("e", 2, "gpt-one") if share else (None, None, None)  # it counts where it is the unit's own arm
    assert [part(record) for record in talk.records()] == [("e", 1, "gpt-one"), then]


def test_an_id_that_nobody_knows_is_no_failure_of_an_arm(talk: Service) -> None:
    revise(talk, ("gpt-one", 100), route="s", primary="gpt-two")
    body = {"model": "s", "input": "and?", "previous_response_id": "resp_somebody_elses"}
    assert talk.request("POST", "/v1/responses", body, UNIT).status == 400
    assert part(talk.records()[-1]) == (None, None, None)


def test_one_that_is_not_tied_says_nothing_else_than_before(talk: Service) -> None:
    revise(talk, ("one", 100), primary="two")
    assert say(talk, "r", [{"role": "user", "content": "hi"}]).headers["x-ajar-deployment"] == "two"
    assert part(talk.records()[-1]) == ("e", 1, "two")
