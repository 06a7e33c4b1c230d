"""What goes wrong between two formats is told, recorded, and no reason to hide something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import JournalError
from doubles.scripted.server import ScriptedModel
from doubles.upstream import Upstream, answer, chunk, stream
from gateway.formats import config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Service

FRONTS = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"input": "hi"},
    "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "secret")


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as server:
        yield server


def claude(upstream: Upstream) -> dict[str, Any]:
    url = upstream.url.removesuffix("/v1")
    return {"provider": "anthropic", "base_url": url, "model": "m", "api_key": "env:SCRIPT_KEY"}


def chat(upstream: Upstream) -> dict[str, Any]:
    return {"provider": "openai-compatible", "base_url": upstream.url, "model": "m"}


@pytest.mark.parametrize("path", list(FRONTS))
@pytest.mark.parametrize("back", ["gemini", "bedrock"])
def test_a_stream_without_its_record_never_ends_well(
    serve: Callable[..., Service], model: ScriptedModel, monkeypatch: pytest.MonkeyPatch, path: str, back: str
) -> None:
    service = serve(config(model.url))

    def full(_: object, record: object) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr("ajar.traffic.journal.Journal.append", full)
    body = service.request("POST", path, {"model": back, "stream": True, **FRONTS[path]}).body
    assert b"journal_unavailable" in body or b"cannot be kept" in body
    for end in (b"[DONE]", b"response.completed", b"message_stop"):
        assert end not in body


def test_a_broken_stream_without_its_record_ends_as_its_format_fails(
    serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.default = stream([chunk("a"), chunk("b")], cut=True)
    service = serve({"deployments": {"a": chat(upstream)}, "routes": {"r": {"primary": "a"}}})

    def full(_: object, record: object) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr("ajar.traffic.journal.Journal.append", full)
    body = service.request("POST", "/v1/responses", {"model": "r", "stream": True, "input": "hi"}).body
    events = [json.loads(event.partition(b"data: ")[2]) for event in body.split(b"\n\n") if event]
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-2]["code"] == "journal_unavailable"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
def test_an_answer_that_breaks_off_by_its_own_word_is_no_whole_one(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, path: str
) -> None:
    """No caller's format has a word for it: it would look as if the model had said all that it wanted to."""
    usage = {"prompt_tokens": 10, "completion_tokens": 2}
    upstream.default = stream([chunk("half "), chunk("of it", "network_error", usage=usage), b"data: [DONE]\n\n"])
    deployments = {"a": chat(upstream), "b": chat(second)}
    service = serve({"deployments": deployments, "routes": {"r": {"primary": "a", "fallback": ["b"]}}})
    body = service.request("POST", path, {"model": "r", "stream": True, **FRONTS[path]}).body
    assert b"half " in body
    assert b"broke off with `network_error`" in body
    for end in (b"end_turn", b"response.completed", b"message_stop"):
        assert end not in body

    choice = {"index": 0, "message": {"role": "assistant", "content": "half"}, "finish_reason": "network_error"}
    upstream.default = answer({"id": "c", "model": "m", "choices": [choice], "usage": usage})
    assert b"hello" in service.request("POST", path, {"model": "r", **FRONTS[path]}).body  # of the fallback

    streamed, whole = service.records()
    assert (streamed["status"], streamed["error"]) == (502, "upstream_error_event")
    assert streamed["usage"] == {"input_tokens": 10, "output_tokens": 2}
    assert [attempt["error"] for attempt in streamed["attempts"]] == ["upstream_error_event"]
    assert [attempt.get("error") for attempt in whole["attempts"]] == ["upstream_502", None]


def test_a_loss_in_the_answer_of_a_strict_route_keeps_the_attempt_and_its_usage(
    serve: Callable[..., Service], upstream: Upstream
) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x", "mystery": 1}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 2}
    upstream.default = answer({"id": "c", "model": "m", "choices": [choice], "usage": usage, "system_fingerprint": "f"})
    service = serve({"deployments": {"a": chat(upstream)}, "routes": {"r": {"primary": "a", "strict": True}}})
    result = service.request("POST", "/v1/messages", {"model": "r", **FRONTS["/v1/messages"]})
    assert result.status == 400
    assert "cannot be carried" in result.body.decode()
    (record,) = service.records()
    assert record["usage"]["input_tokens"] == 1000
    assert [attempt["error"] for attempt in record["attempts"]] == ["cannot_carry"]


def test_the_providers_envelope_is_no_loss(serve: Callable[..., Service], upstream: Upstream) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
    upstream.default = answer({"id": "c", "model": "m", "choices": [choice], "system_fingerprint": "f"})
    service = serve({"deployments": {"a": chat(upstream)}, "routes": {"r": {"primary": "a", "strict": True}}})
    assert service.request("POST", "/v1/responses", {"model": "r", "input": "hi"}).status == 200


def test_a_deployment_that_cannot_be_asked_does_not_hide_an_outage(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = answer({"error": {"message": "overloaded"}}, 503)
    deployments = {"a": chat(upstream), "b": claude(second)}
    service = serve({"deployments": deployments, "routes": {"r": {"primary": "a", "fallback": ["b"], "strict": True}}})
    assert service.chat(logit_bias={"5": 1}).status == 503
    assert service.request("POST", "/v1/embeddings", {"model": "r", "input": "x"}).status == 503
    assert not second.seen


def test_a_request_that_only_the_second_can_take_goes_there(
    serve: Callable[..., Service], upstream: Upstream, model: ScriptedModel
) -> None:
    both = config(model.url)
    both["deployments"]["claude"] = claude(upstream)
    both["routes"]["r"] = {"primary": "claude", "fallback": ["openai-responses"]}
    service = serve(both)
    result = service.request("POST", "/v1/responses", {"model": "r", "input": "hi", "store": True})
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "openai-responses")
    assert not upstream.seen


def test_awss_refusal_of_the_operator_is_not_the_callers(
    serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    upstream.default = answer({"message": "User: arn:aws:iam::1:user/ops is not authorized"}, 403)
    url = upstream.url.removesuffix("/v1")
    bedrock = {"provider": "bedrock", "base_url": url, "region": "eu-central-1", "model": "m"}
    service = serve({"deployments": {"a": bedrock}, "routes": {"r": {"primary": "a"}}})
    result = service.chat()
    assert (result.status, result.json["error"]["code"]) == (502, "upstream_denied")
    assert b"arn:" not in result.body


@pytest.mark.parametrize("status", [201, 302])
def test_a_status_that_is_no_answer(serve: Callable[..., Service], upstream: Upstream, status: int) -> None:
    upstream.default = answer({"type": "message", "content": [], "usage": {}}, status)
    service = serve({"deployments": {"a": claude(upstream)}, "routes": {"r": {"primary": "a"}}})
    assert service.chat().status == 502


def test_a_boundless_retry_after(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = answer({"type": "error", "error": {"message": "x"}}, 429, retry_after="9" * 400)
    service = serve({"deployments": {"a": claude(upstream)}, "routes": {"r": {"primary": "a"}}})
    assert service.chat().status == 429


def test_a_cut_stream_names_the_deployment_and_no_address(serve: Callable[..., Service], upstream: Upstream) -> None:
    begun = {"type": "message_start", "message": {"id": "m", "model": "x", "role": "assistant", "content": []}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "yes"}}
    events = [f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in (begun, block, delta)]
    upstream.default = stream(events, cut=True)
    service = serve({"deployments": {"a": claude(upstream)}, "routes": {"r": {"primary": "a"}}})
    body = service.chat(stream=True).body
    assert b"yes" in body
    assert b"deployment `a`: the connection ended before the answer did" in body
    assert b"127.0.0.1" not in body
    assert b"[DONE]" not in body


def test_odd_numbers_where_a_body_must_be_dressed(serve: Callable[..., Service], upstream: Upstream) -> None:
    url = upstream.url.removesuffix("/v1")
    vertex = {"provider": "vertex-anthropic", "base_url": url, "model": "m", "project": "p", "location": "global"}
    service = serve({"deployments": {"a": vertex}, "routes": {"r": {"primary": "a"}}})
    body = b'{"model":"r","max_tokens":5,"x":1e400,"messages":[{"role":"user","content":"hi"}]}'
    assert service.request("POST", "/v1/messages", body).status in (400, 502)
    body = b'{"model":"r","max_tokens":5,"x":"\xff","messages":[{"role":"user","content":"hi"}]}'
    assert service.request("POST", "/v1/messages", body).status == 400
