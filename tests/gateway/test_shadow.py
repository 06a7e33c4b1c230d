"""Copies of live inferences: what is copied, what is recorded of it, and that nobody waits for them."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.gateway.live_copy import chosen
from doubles.upstream import DONE, Reply, answer, chunk, completion, stream
from gateway.copied import config, copies, copying, outcomes, stewards, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service
    from doubles.upstream import Upstream
    from gateway.copied import Steward

steward = pytest.fixture(stewards)
SALT = "5a" * 32
HANGS = Reply([], hang_s=30)


def test_a_copy_follows_the_answer_and_is_recorded(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = answer(completion("from the candidate"))
    service = serve(config(upstream, second), revisions=copying(), salt=SALT)
    result = service.chat(temperature=0.5, headers={"x-ajar-unit": "u1", "x-mine": "1", "idempotency-key": "k"})
    assert result.json["choices"][0]["message"]["content"] == "hello"
    assert result.headers["x-ajar-attempts"] == "1"
    live, copy = wait_for(lambda: len(service.records()) == 2 and service.records())
    assert copy["copy_of"] == live["id"] == result.headers["x-ajar-inference"]
    assert (copy["purpose"], copy["route"], copy["deployment"]) == ("shadow", "r", "c")
    assert (copy["experiment"], copy["variant"], copy["revision"]) == ("x1", "c", 1)
    assert (copy["status"], copy["caller"], copy["config"]) == (200, live["caller"], live["config"])
    assert copy["usage"] == {"input_tokens": 5, "output_tokens": 2}
    assert [attempt["deployment"] for attempt in copy["attempts"]] == ["c"]
    assert "unit_hash" not in copy
    assert "experiment" not in live
    assert "copy_of" not in live
    wait_for(lambda: outcomes(service) == {"answered": 1})
    sent = second.seen[0]
    assert sent.json == {**upstream.seen[0].json, "model": "model-c"}
    assert sent.headers["x-mine"] == "1"
    assert "idempotency-key" in upstream.seen[0].headers
    assert "idempotency-key" not in sent.headers, "the provider would give the live answer once more"
    text = service.exposition().decode()
    counts = re.findall(r'^ajar_inferences_total{.*deployment="(.)".*} (\d+)', text, re.MULTILINE)
    assert counts == [("a", "1"), ("c", "0")]
    assert 'ajar_attempts_total{deployment="c",error=""} 1' in text
    assert 'ajar_tokens_total{deployment="c",type="output"} 2' in text


def test_the_share_is_chosen_by_the_id(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    service = serve(config(upstream, second), revisions=copying(0.5), salt=SALT)
    ids = [service.chat().headers["x-ajar-inference"] for _ in range(40)]
    expected = {each for each in ids if chosen(each, 0.5)}
    wait_for(lambda: sum(outcomes(service).values()) == len(expected))
    assert {copy["copy_of"] for copy in copies(service)} <= expected
    assert 8 <= len(expected) <= 32
    many = [f"id-{number}" for number in range(4000)]
    assert 880 < sum(chosen(each, 0.25) for each in many) < 1120
    assert all(chosen(each, 1.0) for each in many)
    assert not any(chosen(each, 0.0) for each in many)


def test_a_hanging_candidate_changes_nothing_for_callers(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = HANGS
    plain = serve(config(upstream, second))
    shadowed = serve(config(upstream, second), revisions=copying(), salt=SALT)
    events = stream([chunk("a"), chunk("b", "stop"), DONE])
    times: dict[str, list[float]] = {"plain": [], "shadowed": []}
    for streamed in (False, True):
        upstream.default = events if streamed else answer(completion())
        for _ in range(25):
            bodies = []
            for name, service in (("plain", plain), ("shadowed", shadowed)):
                began = time.perf_counter()
                result = service.chat(stream=streamed)
                times[name].append(time.perf_counter() - began)
                bodies.append(result.body)
                assert result.status == 200
            assert bodies[0] == bodies[1]
    middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    assert middle["shadowed"] < middle["plain"] + 0.02
    wait_for(lambda: outcomes(shadowed) == {"over_budget": 40})  # 2 run, and 8 wait
    assert not copies(shadowed)
    assert outcomes(plain) == {}
    wait_for(lambda: len(second.seen) == 2)


def test_streams_are_copied_as_streams(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    upstream.default = stream([chunk("a", "stop"), DONE])
    second.default = stream([chunk("x"), chunk("y", "stop"), chunk(None, usage={"prompt_tokens": 5}), DONE])
    service = serve(config(upstream, second), revisions=copying())
    assert b'"a"' in service.chat(stream=True).body
    copy = wait_for(lambda: copies(service))[0]
    assert (copy["status"], copy["stream"], copy["finish_reason"]) == (200, True, "stop")
    assert copy["usage"] == {"input_tokens": 5}
    assert copy["ttfb_ms"] > 0
    assert second.seen[0].json["stream"] is True


def test_a_candidate_of_another_format(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, steward: Steward
) -> None:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "hey"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    second.default = answer(message)
    tables = config(upstream, second, route={"checks": {"json": {}}})
    tables["deployments"]["c"] = {
        "provider": "anthropic",
        "base_url": second.url.removesuffix("/v1"),
        "model": "model-c",
        "api_key": "env:HOME",
    }
    service = serve(tables, revisions=copying(), answers=steward.sending)
    service.chat(seed=7)
    copy = wait_for(lambda: copies(service))[0]
    assert (copy["status"], copy["dropped"]) == (200, ["seed"])
    assert second.seen[0].line.startswith("POST /v1/messages")
    live, shadow = steward.said(2)
    assert live.copy_of is None
    assert (shadow.copy_of, shadow.inference) == (live.inference, copy["id"])
    assert json.loads(shadow.answer)["choices"][0]["message"]["content"] == "hey"
    assert (shadow.format, shadow.deployment) == ("openai-chat", "c")


def test_what_is_refused_or_lost_is_recorded_and_not_sent_again(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, steward: Steward
) -> None:
    tables = config(upstream, second, route={"checks": {"json": {}}, "fallback": ("c",)})
    service = serve(tables, revisions=copying(), answers=steward.sending)
    second.replies.extend([answer({"error": {"message": "no"}}, status=500), Reply([], close=True)])
    for number, (status, error) in enumerate([(500, "upstream_500"), (502, "upstream_closed")], 1):
        assert service.chat().status == 200
        wait_for(lambda many=number: len(copies(service)) == many)
        copy = copies(service)[-1]
        assert (copy["status"], copy["error"], len(copy["attempts"])) == (status, error, 1)
    assert len(second.seen) == 2
    wait_for(lambda: outcomes(service) == {"failed": 2})
    assert [each.copy_of for each in steward.said(2)] == [None, None]
    assert steward.is_silent()


def test_answers_that_go_on_are_held_for_the_checks_within_bounds(
    serve: Callable[..., Service],
    upstream: Upstream,
    second: Upstream,
    steward: Steward,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ajar.gateway.afterwards._MOST_HELD", 2000)
    upstream.default = answer(completion("x" * 1000))
    checks = {"checks": {"json": {}}}
    service = serve(config(upstream, second, route=checks), answers=steward.sending)
    for _ in range(3):  # each gives its room back
        assert service.chat().status == 200
    assert len(steward.said(3)) == 3
    upstream.default = answer(completion("x" * 3000))
    assert len(service.chat().body) > 3000
    wait_for(lambda: b'ajar_answers_unchecked_total{reason="full"} 1' in service.exposition())
    assert steward.is_silent()


@pytest.mark.parametrize("fields", [{"tools": [{"type": "web_search"}]}, {"store": True}])
def test_what_would_be_done_twice_is_unfit(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, fields: dict[str, Any]
) -> None:
    service = serve(config(upstream, second), revisions=copying())
    assert service.chat(**fields).status == 200
    wait_for(lambda: outcomes(service) == {"unfit": 1})
    assert not second.seen


def test_only_live_answers_of_the_route_are_copied(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    service = serve(config(upstream, second), revisions=copying())
    service.chat(headers={"x-ajar-purpose": "eval"})
    service.chat(headers={"x-ajar-exclude": "c"})
    service.chat(model="deployment:a")
    upstream.replies.append(answer({"error": {"message": "no"}}, status=400))
    assert service.chat().status == 400
    time.sleep(0.1)
    assert outcomes(service) == {}
    assert not second.seen


def test_opaque_values_of_another_deployment_are_not_copied(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    service = serve(config(upstream, second), revisions=copying())
    details = [{"type": "reasoning.encrypted", "data": "secret"}]
    upstream.replies.append(
        answer(
            completion(
                choices=[
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "x", "reasoning_details": details},
                        "finish_reason": "stop",
                    }
                ]
            )
        )
    )
    service.chat()
    wait_for(lambda: outcomes(service) == {"answered": 1})
    turn = {"role": "assistant", "content": "x", "reasoning_details": details}
    service.chat(messages=[{"role": "user", "content": "hi"}, turn, {"role": "user", "content": "go on"}])
    wait_for(lambda: outcomes(service) == {"answered": 1, "unfit": 1})


def test_nor_is_one_that_a_deployment_which_is_down_may_have_given(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    tables = config(upstream, upstream, route={"fallback": ("d",)})
    tables["deployments"]["d"] = {"runtime": "llama.cpp", "model": "ajar-triage-v1"}
    revision = copying()["r"]
    with_fallback = {"r": type(revision)(**{**as_fields(revision), "fallback": ("d",)})}
    service = serve(tables, revisions=with_fallback)
    details = [{"type": "reasoning.encrypted", "data": "whose?"}]
    turn = {"role": "assistant", "content": "x", "reasoning_details": details}
    service.chat(messages=[{"role": "user", "content": "hi"}, turn, {"role": "user", "content": "go on"}])
    wait_for(lambda: outcomes(service) == {"unfit": 1})
    assert [b"whose?" in seen.body for seen in upstream.seen] == [False]


def test_a_candidate_that_answered_itself_gets_no_copy(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = answer({"error": {"message": "no"}}, status=500)
    service = serve(config(upstream, second, route={"fallback": ("c",)}))
    revision = copying()["r"]
    service._options["revisions"] = {"r": type(revision)(**{**as_fields(revision), "fallback": ("c",)})}
    service.apply()
    assert service.chat().status == 200
    wait_for(lambda: outcomes(service) == {"same": 1})
    assert len(second.seen) == 1


def as_fields(revision: Any) -> dict[str, Any]:
    return {name: getattr(revision, name) for name in type(revision).__struct_fields__}


def test_a_full_deployment_gets_no_copy(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    second.default = HANGS
    service = serve(config(upstream, second, c={"max_concurrent": 1}), revisions=copying())
    service.chat()
    wait_for(lambda: second.seen)
    service.chat()
    wait_for(lambda: outcomes(service) == {"busy": 1})
    assert len(second.seen) == 1


def test_a_copy_gives_way_to_live_work(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    second.replies.append(HANGS)
    service = serve(config(upstream, second, c={"max_concurrent": 1}), revisions=copying())
    service.chat()
    wait_for(lambda: second.seen)
    began = time.perf_counter()
    assert service.chat(model="deployment:c").status == 200
    assert time.perf_counter() - began < 0.5
    wait_for(lambda: outcomes(service) == {"gave_way": 1})
    copy = copies(service)[0]
    assert (copy["status"], copy["error"]) == (499, "copy_cut")
    assert copy["attempts"][0]["error"] == "copy_cut"
    wait_for(lambda: second.hung_up)


@pytest.mark.parametrize("queue", [0, 64])
def test_a_copy_gives_its_place_to_live_work_at_once(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, queue: int
) -> None:
    service = serve(config(upstream, second, c={"max_concurrent": 1, "queue": queue}), revisions=copying())
    times: list[float] = []
    for number in range(1, 6):
        second.replies.append(HANGS)
        seen = len(second.seen)
        service.chat()
        wait_for(lambda many=seen: len(second.seen) > many)
        began = time.perf_counter()
        assert service.chat(model="deployment:c").status == 200
        times.append(time.perf_counter() - began)
        wait_for(lambda many=number: outcomes(service) == {"gave_way": many})
    assert min(times) < 0.03


def test_an_open_breaker_gets_no_copy(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    second.default = answer({"error": {"message": "no"}}, status=500)
    service = serve(config(upstream, second), revisions=copying(0.0))
    for _ in range(30):
        service.chat(model="deployment:c")
    seen = len(second.seen)
    service._options["revisions"] = copying()
    service.apply()
    service.chat()
    wait_for(lambda: outcomes(service) == {"breaker": 1})
    assert len(second.seen) == seen


def test_failures_of_copies_open_the_breaker(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = answer({"error": {"message": "no"}}, status=500)
    service = serve(config(upstream, second), revisions=copying())
    for number in range(1, 9):
        service.chat()
        wait_for(lambda many=number: sum(outcomes(service).values()) == many)
    wait_for(lambda: outcomes(service) == {"failed": 5, "breaker": 3})


def test_a_drain_cuts_copies_and_begins_none(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = HANGS
    service = serve(config(upstream, second), revisions=copying())
    for _ in range(5):
        service.chat()
    wait_for(lambda: len(second.seen) == 2)
    service.close_doors()
    wait_for(lambda: outcomes(service) == {"drain": 5})
    assert [copy["error"] for copy in copies(service)] == ["copy_cut", "copy_cut"]
    wait_for(lambda: len(second.hung_up) == 2)
    assert "ajar_inferences_in_flight 0" in service.exposition().decode()


def test_copies_that_wait_are_dropped_when_their_experiment_is_over(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.replies.extend([Reply([], hang_s=0.5), Reply([], hang_s=0.5)])
    service = serve(config(upstream, second), revisions=copying())
    for _ in range(4):
        service.chat()
    service._options["revisions"] = copying(experiment="x2", number=2)
    service.apply()
    wait_for(lambda: outcomes(service) == {"failed": 2, "ended": 2})
    assert len(second.seen) == 2


def test_a_copy_ends_at_the_deployments_time_limits(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = HANGS
    limits = {"timeouts": {"first_byte_s": 0.3}}
    service = serve(config(upstream, second, c=limits), revisions=copying())
    service.chat()
    copy = wait_for(lambda: copies(service))[0]
    assert copy["error"] == "upstream_first_byte_timeout"


def test_an_endless_answer_is_cut(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    upstream.default = stream([chunk("a", "stop"), DONE])
    second.default = stream([chunk("x" * 100_000)] * 60 + [chunk("y", "stop"), DONE])
    service = serve(config(upstream, second), revisions=copying())
    service.chat(stream=True)
    wait_for(lambda: outcomes(service) == {"too_large": 1})
    assert copies(service)[0]["error"] == "copy_cut"


def test_large_requests_have_a_budget(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> None:
    second.default = HANGS
    service = serve(config(upstream, second), revisions=copying())
    large = "x" * 9_000_000
    for _ in range(3):
        service.chat(messages=[{"role": "user", "content": large}])
    wait_for(lambda: outcomes(service) == {"over_budget": 1})


def test_bodies_of_copies_are_kept_where_the_route_says_so(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = answer(completion("secret-answer"))
    service = serve(config(upstream, second, route={"bodies": "all"}), revisions=copying())
    service.chat()
    copy = wait_for(lambda: copies(service))[0]
    assert "secret-answer" in copy["response"]
    assert '"content": "hi"' in copy["request"]


def test_a_started_runtime_has_as_many_places_as_slots(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    second.default = HANGS
    tables = config(upstream, second)
    tables["deployments"]["c"] = {"runtime": "llama.cpp", "model": "ajar-triage-v1", "slots": 1}
    service = serve(tables, revisions=copying(), endpoints={"c": second.url})
    service.chat()
    wait_for(lambda: second.seen)
    service.chat()
    wait_for(lambda: outcomes(service) == {"busy": 1})
    data = answer(completion()).pieces[0]
    second.default = Reply([data[:50], data[50:]], pause=0.3)
    assert service.chat(model="deployment:c").status == 200  # its runtime would have kept this one waiting
    wait_for(lambda: outcomes(service) == {"busy": 1, "gave_way": 1})


def test_a_candidate_that_is_down_gets_no_copy(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    tables = config(upstream, second)
    tables["deployments"]["c"] = {"runtime": "llama.cpp", "model": "ajar-triage-v1"}
    service = serve(tables, revisions=copying())
    service.chat()
    wait_for(lambda: outcomes(service) == {"down": 1})


def test_one_that_is_too_long_only_at_its_end_is_counted_once(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ajar.gateway.shadow._MOST_ANSWER", 10)
    upstream.default = second.default = stream([chunk("a" * 100, "stop"), DONE])
    service = serve(config(upstream, second), revisions=copying())
    for number in range(1, 6):
        service.chat(stream=True)
        wait_for(lambda many=number: len(copies(service)) == many)
    time.sleep(0.1)
    assert sum(outcomes(service).values()) == 5
