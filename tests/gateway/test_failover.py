"""What happens when a deployment does not answer as it should."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.conftest import config
from gateway.test_records import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

GARBAGE = {
    "html": answer(b"<html>oops</html>", kind="text/html"),
    "empty": answer(b""),
    "not-json": answer(b"hello"),
    "array": answer(b"[]"),
    "truncated": answer(b'{"choices":['),
    "redirect": answer(b"{}", status=302, location="http://127.0.0.1:1/"),
    "not-http": Reply([b"SSH-2.0-x\r\n\r\n"], close=True),
    "nothing": Reply([], close=True),
    "cut": Reply([b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"], close=True),
    "two-lengths": Reply([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"], close=True),
}

WORDLESS = {
    "text": (429, answer(b"oops, too many requests", status=429, kind="text/plain", retry_after="40")),
    "page": (503, answer(b"<html>oops</html>", status=503, kind="text/html", retry_after="40")),
    "too-large": (413, answer(b"<html>oops</html>", status=413, kind="text/html", retry_after="40")),
    "nothing": (529, answer(b"", status=529, retry_after="40")),
    "compressed": (
        500,
        answer(gzip.compress(b'{"error":{"message":"oops"}}'), status=500, content_encoding="gzip", retry_after="40"),
    ),
}
"""Refusals that say nothing for a caller of an API, each with its status."""


@pytest.mark.parametrize("kind", GARBAGE)
@pytest.mark.parametrize("streamed", [False, True])
def test_garbage_is_one_clear_error(
    serve: Callable[..., Service], upstream: Upstream, kind: str, streamed: bool
) -> None:
    upstream.default = GARBAGE[kind]
    service = serve(config(upstream))
    result = service.chat(stream=streamed)
    assert result.status == 502
    error = result.json["error"]
    assert error["type"] == "upstream_error"
    assert error["code"] in {"upstream_garbage", "upstream_closed"}
    record = service.records()[0]
    assert (record["status"], record["error"]) == (502, error["code"])
    assert record["attempts"][0]["error"] == error["code"]
    upstream.default = answer(completion())
    assert service.chat().status == 200


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_of_our_own_deployment_fails_over(service: Service, upstream: Upstream, kind: str) -> None:
    upstream.default = GARBAGE[kind]
    result = service.chat()
    assert (result.status, result.headers["x-ajar-deployment"], result.headers["x-ajar-attempts"]) == (200, "b", "2")


@pytest.mark.parametrize("status", [401, 404, 408, 429, 500, 503, 529])
def test_a_refusal_that_another_may_not_share_fails_over(
    service: Service, upstream: Upstream, second: Upstream, status: int
) -> None:
    upstream.default = answer({"error": {"message": "no"}}, status=status)
    result = service.chat()
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert second.seen[0].json["model"] == "model-b"
    attempts = service.records()[0]["attempts"]
    assert [(attempt["deployment"], attempt["status"]) for attempt in attempts] == [("a", status), ("b", 200)]
    assert attempts[0]["error"] == f"upstream_{status}"


@pytest.mark.parametrize("status", [400, 403, 422])
def test_the_callers_own_fault_is_told_as_the_upstream_tells_it(
    service: Service, upstream: Upstream, second: Upstream, status: int
) -> None:
    body: dict[str, Any] = {"error": {"message": "context too long", "type": "x", "param": None, "code": "y"}}
    upstream.default = answer(body, status=status)
    result = service.chat()
    assert (result.status, result.json) == (status, body)
    assert not second.seen


def test_the_last_refusal_reaches_the_caller_with_its_headers(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = answer({"error": {"message": "one"}}, status=429)
    second.default = answer({"error": {"message": "two"}}, status=429, retry_after="7")
    result = serve(config(upstream, second, budget={"attempts": 2})).chat()
    assert (result.status, result.json["error"]["message"], result.headers["retry-after"]) == (429, "two", "7")


def test_refused_credentials_are_the_operators_fault(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = answer({"error": {"message": "Incorrect API key provided: sk-secret"}}, status=401)
    result = serve(config(upstream)).chat()
    assert (result.status, result.json["error"]["code"]) == (502, "upstream_denied")
    assert b"sk-secret" not in result.body


def test_a_refused_connection_fails_over(service: Service, upstream: Upstream) -> None:
    upstream.stop()
    result = service.chat()
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert service.records()[0]["attempts"][0]["error"] == "upstream_connect_failed"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_deployment_that_never_answers_is_given_up(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, streamed: bool
) -> None:
    both = config(upstream, second)
    both["deployments"]["a"]["timeouts"] = {"first_byte_s": 0.2}
    upstream.default = Reply([], hang_s=5)
    second.default = stream([chunk("a", "stop"), DONE]) if streamed else second.default
    service = serve(both)
    assert service.chat(stream=streamed).headers["x-ajar-deployment"] == "b"
    assert service.records()[0]["attempts"][0]["error"] == "upstream_first_byte_timeout"
    assert wait_for(lambda: upstream.hung_up)
    alone = serve({**both, "routes": {"r": {"primary": "a"}}})
    result = alone.chat(stream=streamed)
    assert (result.status, result.json["error"]["code"]) == (504, "upstream_first_byte_timeout")


def test_a_refusal_without_words_is_not_asked_elsewhere(service: Service, upstream: Upstream, second: Upstream) -> None:
    upstream.default = answer(b"<html>forbidden</html>", status=403, kind="text/html")
    result = service.chat()
    assert (result.status, result.json["error"]["code"]) == (403, "upstream_failed")
    assert b"html" not in result.body
    assert not second.seen
    assert [attempt["status"] for attempt in service.records()[0]["attempts"]] == [403]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", WORDLESS)
def test_a_refusal_without_words_keeps_its_status_and_its_wait(
    serve: Callable[..., Service], upstream: Upstream, kind: str, streamed: bool
) -> None:
    status, upstream.default = WORDLESS[kind]
    result = serve(config(upstream, budget={"attempts": 1})).chat(stream=streamed)
    assert (result.status, result.headers.get("retry-after")) == (status, "40")
    error = result.json["error"]
    assert (error["type"], error["code"]) == ("upstream_error", "upstream_failed")
    assert error["message"].startswith(f"deployment `a`: the upstream answered status {status} with ")
    assert b"oops" not in result.body


def test_a_refusal_without_words_has_the_callers_format(serve: Callable[..., Service], upstream: Upstream) -> None:
    _, upstream.default = WORDLESS["text"]
    one = config(upstream, budget={"attempts": 1})
    one["deployments"]["a"] |= {"provider": "anthropic", "base_url": upstream.url.removesuffix("/v1")}
    messages = [{"role": "user", "content": "hi"}]
    service = serve(one)
    result = service.request("POST", "/v1/messages", {"model": "r", "max_tokens": 9, "messages": messages})
    assert (result.status, result.headers["retry-after"]) == (429, "40")
    assert (result.json["type"], result.json["error"]["type"]) == ("error", "rate_limit_error")
    (record,) = service.records()
    assert (record["status"], record["error"]) == (429, "upstream_429")


@pytest.mark.parametrize("kind", ["text", "page", "nothing", "compressed"])
def test_a_refusal_without_words_fails_over_by_its_status(
    service: Service, upstream: Upstream, second: Upstream, kind: str
) -> None:
    status, upstream.default = WORDLESS[kind]
    result = service.chat()
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert service.records()[0]["attempts"][0]["error"] == f"upstream_{status}"


def test_a_long_refusal_keeps_its_wait(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = answer({"error": {"message": "x" * 2**21}}, status=429, retry_after="40")
    result = serve(config(upstream, budget={"attempts": 1})).chat()
    assert (result.status, result.headers["retry-after"]) == (429, "40")
    assert "too long" in result.json["error"]["message"]


OVERLOADED = {"error": {"message": "too busy", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_an_error_in_place_of_a_stream_fails_over(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, path: str, kind: str
) -> None:
    both = config(upstream, second)
    for deployment in both["deployments"].values():
        deployment["provider"] = "openai-compatible"  # metered: what cannot be read is asked for only once
    whole = b"".join(answer(OVERLOADED, kind=kind).pieces)
    upstream.default = Reply([whole[:-30], whole[-30:]], pause=0.05)
    second.default = stream([chunk("from b", "stop"), DONE])
    service = serve(both)
    body = {"model": "r", "stream": True, "input": "hi", "messages": [{"role": "user", "content": "hi"}]}
    body.pop("messages" if path == "/v1/responses" else "input")
    result = service.request("POST", path, body)
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert b"from b" in result.body
    assert service.records()[0]["attempts"][0]["error"] == "upstream_429"


def test_an_error_in_place_of_a_stream_keeps_its_words(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = answer(OVERLOADED)
    result = serve(config(upstream, budget={"attempts": 1})).chat(stream=True)
    assert (result.status, result.json["error"]["message"]) == (429, "too busy")


@pytest.mark.parametrize("body", [completion(), b'{"error":', b"", b"[]"])
def test_other_json_in_place_of_a_stream_is_garbage(
    serve: Callable[..., Service], upstream: Upstream, body: bytes | dict[str, Any]
) -> None:
    upstream.default = answer(body)
    result = serve(config(upstream)).chat(stream=True)
    assert (result.status, result.json["error"]["code"]) == (502, "upstream_garbage")
    assert "application/json" in result.json["error"]["message"]


def test_endless_json_in_place_of_a_stream_is_garbage(serve: Callable[..., Service], upstream: Upstream) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n"
    upstream.default = Reply([head + b'{"error":"', b"x" * 2**21], hang_s=5)
    result = serve(config(upstream)).chat(stream=True)
    assert (result.status, result.json["error"]["code"]) == (502, "upstream_garbage")
    assert wait_for(lambda: upstream.hung_up)


def test_a_lost_answer_of_a_metered_deployment_is_not_asked_for_twice(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    both = config(upstream, second)
    both["deployments"]["a"]["provider"] = "openai-compatible"
    upstream.default = Reply([], close=True)
    service = serve(both)
    assert service.chat().status == 502
    assert not second.seen


@pytest.mark.parametrize("cut", ["reset", "close", "no-end"])
def test_a_cut_stream_ends_with_an_error_event(service: Service, upstream: Upstream, cut: str) -> None:
    events = [chunk("a"), chunk("b")]
    upstream.default = stream(events) if cut == "no-end" else stream(events, cut=True)
    upstream.default.reset = cut == "reset"
    result = service.chat(stream=True)
    assert result.status == 200
    assert result.body.startswith(chunk("a") + chunk("b"))
    assert b'"code":"upstream_closed"' in result.body
    assert DONE not in result.body
    record = service.records()[0]
    assert (record["status"], record["error"]) == (502, "upstream_closed")


def test_all_deployments_down_is_a_503(serve: Callable[..., Service]) -> None:
    service = serve(
        {"deployments": {"a": {"runtime": "llama.cpp", "model": "ajar-triage-v1"}}, "routes": {"r": {"primary": "a"}}}
    )
    result = service.chat()
    assert (result.status, result.json["error"]["code"]) == (503, "no_deployment_available")
    assert result.headers["retry-after"] == "1"
    assert service.request("GET", "/readyz").status == 503
    assert (service.records()[0]["status"], service.records()[0]["route"]) == (503, "r")


def test_errors_name_deployments_and_no_addresses(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(config(upstream))
    upstream.stop()
    message = service.chat().json["error"]["message"]
    assert message == "deployment `a`: no connection"
