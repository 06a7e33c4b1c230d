"""What only its issuer understands goes back there, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from doubles.scripted.script import SIGNATURE
from doubles.scripted.server import ScriptedModel
from doubles.upstream import Reply, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Result, Service
    from doubles.upstream import Upstream

THINKING = {"type": "enabled", "budget_tokens": 1024}


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as server:
        yield server


@pytest.fixture
def service(serve: Callable[..., Service], model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("KEY_ONE", "one")
    monkeypatch.setenv("KEY_TWO", "two")

    def claude(key: str) -> dict[str, Any]:
        return {"provider": "anthropic", "base_url": model.url, "model": "claude", "api_key": f"env:{key}"}

    def responses(key: str) -> dict[str, Any]:
        made = {"provider": "openai", "base_url": f"{model.url}/v1", "model": "gpt", "api_key": f"env:{key}"}
        return made | {"format": "openai-responses"}

    deployments = {
        "one": claude("KEY_ONE"),
        "two": claude("KEY_TWO"),
        "local": {"runtime": "vllm", "base_url": f"{model.url}/v1", "model": "open", "format": "anthropic"},
        "gpt-one": responses("KEY_ONE"),
        "gpt-two": responses("KEY_TWO"),
    }
    routes = {name: {"primary": name} for name in deployments}
    routes["both"] = {"primary": "two", "fallback": ["one"]}
    routes["gpts"] = {"primary": "gpt-two", "fallback": ["gpt-one"]}
    return serve({"deployments": deployments, "routes": routes})


def say(service: Service, model: str, messages: list[Any], **fields: Any) -> Result:
    body = {"model": model, "max_tokens": 2048, "thinking": THINKING, "messages": messages, **fields}
    return service.request("POST", "/v1/messages", body)


def conversation(service: Service, model: str, *, stream: bool = False) -> list[Any]:
    """A turn with signed thoughts by that deployment, and the caller's next question."""
    first = {"role": "user", "content": "hi"}
    result = say(service, model, [first], stream=stream)
    assert result.status == 200
    if stream:
        assert SIGNATURE.encode() in result.body
        content: Any = [
            {"type": "thinking", "thinking": "Fifteen", "signature": SIGNATURE},
            {"type": "text", "text": "One"},
        ]
    else:
        content = result.json["content"]
        assert content[0]["signature"] == SIGNATURE
    return [first, {"role": "assistant", "content": content}, {"role": "user", "content": "and?"}]


@pytest.mark.parametrize("stream", [False, True])
def test_a_signature_returns_to_its_issuer_byte_for_byte(service: Service, model: ScriptedModel, stream: bool) -> None:
    messages = conversation(service, "one", stream=stream)
    result = say(service, "one", messages)
    assert "x-ajar-dropped" not in result.headers
    assert model.seen[-1].json["messages"] == messages


@pytest.mark.parametrize("stream", [False, True])
def test_another_accounts_deployment_never_sees_it(service: Service, model: ScriptedModel, stream: bool) -> None:
    messages = conversation(service, "one", stream=stream)
    result = say(service, "two", messages)
    assert result.status == 200
    assert SIGNATURE.encode() not in model.seen[-1].body
    assert "thinking" in result.headers["x-ajar-dropped"]


def test_a_local_runtimes_signature_never_reaches_anthropic(service: Service, model: ScriptedModel) -> None:
    messages = conversation(service, "local")
    result = say(service, "one", messages)
    assert result.status == 200
    assert SIGNATURE.encode() not in model.seen[-1].body
    assert "x-ajar-dropped" in result.headers


def test_the_issuer_is_asked_first(service: Service, model: ScriptedModel) -> None:
    messages = conversation(service, "one")
    result = say(service, "both", messages)
    assert result.headers["x-ajar-deployment"] == "one"
    assert model.seen[-1].json["messages"] == messages


def test_what_the_caller_excludes_beats_the_pin(service: Service, model: ScriptedModel) -> None:
    messages = conversation(service, "one")
    body = {"model": "both", "max_tokens": 2048, "thinking": THINKING, "messages": messages}
    result = service.request("POST", "/v1/messages", body, {"x-ajar-exclude": "one"})
    assert result.headers["x-ajar-deployment"] == "two"
    assert SIGNATURE.encode() not in model.seen[-1].body
    assert result.headers["x-ajar-pin"] == "deployment `one` cannot be used for this request"


def test_an_unknown_signature_is_kept_only_where_one_account_can_have_issued_it(
    service: Service, model: ScriptedModel
) -> None:
    turn = {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "b2xk"}]}
    turn["content"].append({"type": "text", "text": "y"})  # type: ignore[attr-defined]
    messages = [{"role": "user", "content": "hi"}, turn, {"role": "user", "content": "and?"}]
    say(service, "one", messages)
    assert b"b2xk" in model.seen[-1].body
    say(service, "both", messages)
    assert b"b2xk" not in model.seen[-1].body


def test_a_file_stays_in_a_request_that_must_be_written_anew(
    serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer's file lies with `one`; the signature is nobody's, so the bytes cannot go as they are."""
    monkeypatch.setenv("KEY_ONE", "one")
    monkeypatch.setenv("KEY_TWO", "two")
    made = {"type": "bash_code_execution_output", "file_id": "file_made"}
    ran = {"type": "bash_code_execution_result", "stdout": "", "stderr": "", "return_code": 0, "content": [made]}
    result = {"type": "bash_code_execution_tool_result", "tool_use_id": "srvtoolu_1", "content": ran}
    upstream.default = answer(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [result, {"type": "text", "text": "made"}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    )
    address = upstream.url.removesuffix("/v1")
    deployments = {
        name: {"provider": "anthropic", "base_url": address, "model": "claude", "api_key": f"env:KEY_{name.upper()}"}
        for name in ("one", "two")
    }
    routes = {"one": {"primary": "one"}, "both": {"primary": "two", "fallback": ["one"]}}
    service = serve({"deployments": deployments, "routes": routes})
    assert say(service, "one", [{"role": "user", "content": "make it"}]).status == 200
    upload = {"type": "container_upload", "file_id": "file_made"}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "look"}, upload]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": "b2xk"}]},
        {"role": "user", "content": "and?"},
    ]
    found = say(service, "both", messages)
    assert found.status == 200
    assert found.headers["x-ajar-dropped"] == "thinking.signature"
    sent = upstream.seen[-1]
    assert sent.headers["x-api-key"] == "one"
    assert upload in sent.json["messages"][0]["content"]
    assert b"b2xk" not in sent.body


def test_a_response_is_gone_on_with_where_it_lies(service: Service, model: ScriptedModel) -> None:
    first = service.request("POST", "/v1/responses", {"model": "gpt-one", "input": "hi", "store": True})
    body = {"model": "gpts", "input": "and?", "previous_response_id": first.json["id"]}
    result = service.request("POST", "/v1/responses", body)
    assert result.status == 200
    assert result.headers["x-ajar-deployment"] == "gpt-one"
    assert model.seen[-1].json["previous_response_id"] == first.json["id"]


def test_an_unknown_state_id_is_refused(service: Service, model: ScriptedModel) -> None:
    body = {"model": "gpts", "input": "and?", "previous_response_id": "resp_somebody_elses"}
    result = service.request("POST", "/v1/responses", body)
    assert result.status == 400
    assert result.json["error"]["param"] == "previous_response_id"
    assert "is not known here" in result.json["error"]["message"]
    assert not model.seen


@pytest.mark.parametrize(
    ("field", "value"),
    [("store", True), ("previous_response_id", "resp_1"), ("conversation", "conv_1"), ("background", True)],
)
def test_state_is_refused_where_it_must_be_translated(service: Service, field: str, value: Any) -> None:
    result = service.request("POST", "/v1/responses", {"model": "one", "input": "hi", field: value})
    assert result.status == 400
    assert result.json["error"]["param"] == field


def test_an_absent_store_is_no_demand(service: Service) -> None:
    result = service.request("POST", "/v1/responses", {"model": "one", "input": "hi"})
    assert result.status == 200
    assert json.loads(result.body)["store"] is False


def test_a_kept_response_is_fetched_where_it_lies(service: Service, model: ScriptedModel) -> None:
    made = service.request("POST", "/v1/responses", {"model": "gpt-one", "input": "hi", "store": True}).json
    result = service.request("GET", f"/v1/responses/{made['id']}?include=x")
    assert result.json == {"got": f"/v1/responses/{made['id']}?include=x"}
    assert model.seen[-1].headers["authorization"] == "Bearer one"


def test_a_kept_response_that_stalls_is_cut(
    serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_ONE", "one")
    deployment = {"provider": "openai", "base_url": upstream.url, "model": "gpt", "api_key": "env:KEY_ONE"}
    deployment |= {"format": "openai-responses", "timeouts": {"gap_s": 0.2}}
    service = serve({"deployments": {"a": deployment}, "routes": {"r": {"primary": "a"}}})
    upstream.default = answer({"id": "resp_1", "object": "response", "status": "completed", "output": []})
    service.request("POST", "/v1/responses", {"model": "r", "input": "hi", "store": True})
    upstream.default = Reply([b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"], hang_s=5)
    with service.connect() as caller:
        caller.sendall(b"GET /v1/responses/resp_1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
        heard = b"".join(iter(lambda: caller.recv(4096), b""))
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert heard.count(b"{") == 1, "it ended in the middle"


def test_a_response_that_is_not_kept_is_not_found(service: Service) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")):
        result = service.request(method, f"/v1/responses/resp_unknown{path}")
        assert result.status == 404
        assert "is kept by its deployment" in result.json["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/../../files", 404),
        ("DELETE", "/../../files/f1", 404),
        ("GET", "/%2e%2e/files", 404),
        ("POST", "/../../chat/completions", 404),
        ("GET", "/input_items/../../x", 404),
        ("GET", "/other", 404),
        ("POST", "", 405),
        ("PUT", "", 405),
        ("GET", "/cancel", 405),
    ],
)
def test_the_operators_key_opens_nothing_but_the_response(
    service: Service, model: ScriptedModel, method: str, path: str, status: int
) -> None:
    made = service.request("POST", "/v1/responses", {"model": "gpt-one", "input": "hi", "store": True}).json
    model.seen.clear()
    assert service.request(method, f"/v1/responses/{made['id']}{path}").status == status
    assert not model.seen


def test_compaction_goes_to_a_deployment_that_has_it(service: Service) -> None:
    result = service.request("POST", "/v1/responses/compact", {"model": "one", "input": "hi"})
    assert (result.status, result.json["error"]["code"]) == (404, "not_spoken")
