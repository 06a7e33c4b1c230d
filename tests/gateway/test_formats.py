"""Every front door reaches every back end, with the official clients and only their base URL changed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import anthropic
import openai
import pytest

from doubles.scripted.script import ARGUMENTS, SIGNATURE, THOUGHT, WORDS
from doubles.scripted.server import ScriptedModel
from gateway.formats import BACKS, FRONTS, config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Service

TEXT = "".join(WORDS)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"location": {"type": "string"}},
    "required": ["location"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as server:
        yield server


@pytest.fixture
def service(serve: Callable[..., Service], model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    model.seen.clear()
    return serve(config(model.url))


_made: list[openai.OpenAI | anthropic.Anthropic] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """The clients' connections end with the test, not with the next collection of garbage."""
    yield
    while _made:
        _made.pop().close()


def _openai(service: Service) -> openai.OpenAI:
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{service.port}/v1", api_key="x", max_retries=0)
    _made.append(client)
    return client


def _anthropic(service: Service) -> anthropic.Anthropic:
    client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{service.port}", api_key="x", max_retries=0)
    _made.append(client)
    return client


def ask(front: str, service: Service, back: str, **fields: Any) -> Any:
    """A whole answer."""
    if front == "openai-chat":
        return _openai(service).chat.completions.create(
            model=back, messages=[{"role": "user", "content": "hi"}], **fields
        )
    if front == "openai-responses":
        return _openai(service).responses.create(model=back, input="hi", **fields)
    return _anthropic(service).messages.create(
        model=back, max_tokens=4096, messages=[{"role": "user", "content": "hi"}], **fields
    )


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_text(service: Service, front: str, back: str) -> None:
    answer = ask(front, service, back)
    match front:
        case "openai-chat":
            assert answer.choices[0].message.content == TEXT
            assert answer.choices[0].finish_reason == "stop"
            assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (11, 7)
            assert answer.usage.prompt_tokens_details.cached_tokens == 4
        case "openai-responses":
            assert answer.output_text == TEXT
            assert answer.status == "completed"
            assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 7)
            assert answer.usage.input_tokens_details.cached_tokens == 4
        case _:
            assert answer.content[0].text == TEXT
            assert answer.stop_reason == "end_turn"
            assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (7, 4)
            assert answer.usage.output_tokens == 7
    record = service.records()[0]
    assert record["deployment"] == back
    assert record["usage"]["input_tokens"] == 11
    assert record["usage"]["cache_read_input_tokens"] == 4
    assert record["usage"]["output_tokens"] == 7
    assert json.loads(record["usage_raw"])


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_streamed_text(service: Service, front: str, back: str) -> None:
    match front:
        case "openai-chat":
            chunks = list(ask(front, service, back, stream=True, stream_options={"include_usage": True}))
            said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
            assert chunks[-1].usage.prompt_tokens == 11
            assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
        case "openai-responses":
            events = list(ask(front, service, back, stream=True))
            assert [event.sequence_number for event in events] == list(range(len(events)))
            assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
            said = events[-1].response.output_text
            assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == said
            assert events[-1].response.usage.input_tokens == 11
        case _:
            with _anthropic(service).messages.stream(
                model=back, max_tokens=99, messages=[{"role": "user", "content": "hi"}]
            ) as stream:
                said = "".join(stream.text_stream)
                final = stream.get_final_message()
            assert final.usage.output_tokens == 7
            assert final.stop_reason == "end_turn"
    assert said == TEXT
    record = service.records()[0]
    assert (record["status"], record.get("error"), record["usage"]["input_tokens"]) == (200, None, 11)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("front", FRONTS)
def test_a_round_of_parallel_tool_calls(
    service: Service, model: ScriptedModel, front: str, back: str, stream: bool
) -> None:
    calls, again = _ROUNDS[front](service, back, stream)
    assert [name for _, name, _ in calls] == ["get_weather", "get_time"]
    assert [json.loads(arguments) for _, _, arguments in calls] == [json.loads(ARGUMENTS)] * 2
    assert len({id_ for id_, _, _ in calls}) == 2
    assert again == TEXT
    assert len(model.seen) == 2
    assert [record["status"] for record in service.records()] == [200, 200]


def _chat_round(service: Service, back: str, stream: bool) -> tuple[list[tuple[str, str, str]], str]:
    client = _openai(service)
    tools: Any = [
        {"type": "function", "function": {"name": name, "description": name, "parameters": SCHEMA}}
        for name in ("get_weather", "get_time")
    ]
    messages: Any = [{"role": "user", "content": "hi"}]
    if stream:
        with client.chat.completions.stream(
            model=back, messages=messages, tools=tools, tool_choice="required"
        ) as events:
            message = events.get_final_completion().choices[0].message
    else:
        made = client.chat.completions.create(model=back, messages=messages, tools=tools, tool_choice="required")
        assert made.choices[0].finish_reason == "tool_calls"
        message = made.choices[0].message
    calls: Any = message.tool_calls or []
    messages.append(message.model_dump(exclude_none=True))
    messages += [{"role": "tool", "tool_call_id": call.id, "content": "12:00, sunny"} for call in calls]
    done = client.chat.completions.create(model=back, messages=messages, tools=tools)
    return [(call.id, call.function.name, call.function.arguments) for call in calls], done.choices[0].message.content


def _responses_round(service: Service, back: str, stream: bool) -> tuple[list[tuple[str, str, str]], str]:
    client = _openai(service)
    tools: Any = [
        {"type": "function", "name": name, "parameters": SCHEMA, "strict": True} for name in ("get_weather", "get_time")
    ]
    if stream:
        events = client.responses.create(model=back, input="hi", tools=tools, tool_choice="required", stream=True)
        response: Any = next(event for event in events if event.type == "response.completed").response
    else:
        response = client.responses.create(model=back, input="hi", tools=tools, tool_choice="required")
    calls = [item for item in response.output if item.type == "function_call"]
    items: Any = [{"role": "user", "content": "hi"}, *[item.model_dump(exclude_none=True) for item in response.output]]
    items += [{"type": "function_call_output", "call_id": call.call_id, "output": "12:00, sunny"} for call in calls]
    done = client.responses.create(model=back, input=items, tools=tools)
    return [(call.call_id, call.name, call.arguments) for call in calls], done.output_text


def _messages_round(service: Service, back: str, stream: bool) -> tuple[list[tuple[str, str, str]], str]:
    client = _anthropic(service)
    messages: Any = [{"role": "user", "content": "hi"}]
    common: Any = {
        "model": back,
        "max_tokens": 99,
        "tools": [{"name": name, "input_schema": SCHEMA} for name in ("get_weather", "get_time")],
    }
    if stream:
        with client.messages.stream(**common, messages=messages, tool_choice={"type": "any"}) as events:
            message = events.get_final_message()
    else:
        message = client.messages.create(**common, messages=messages, tool_choice={"type": "any"})
    assert message.stop_reason == "tool_use"
    calls = [block for block in message.content if block.type == "tool_use"]
    messages.append(
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in message.content]}
    )
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "12:00, sunny"} for call in calls]
    messages.append({"role": "user", "content": results})
    done: Any = client.messages.create(**common, messages=messages)
    return [(call.id, call.name, json.dumps(call.input)) for call in calls], done.content[0].text


_ROUNDS = {"openai-chat": _chat_round, "openai-responses": _responses_round, "anthropic": _messages_round}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("back", ["anthropic", "bedrock"])
def test_signed_thoughts_are_shown_to_every_front(service: Service, back: str, stream: bool) -> None:
    body: dict[str, Any] = {"model": back, "reasoning_effort": "low", "stream": stream}
    result = service.chat(**body)
    assert result.status == 200
    if stream:
        chunks = [json.loads(line[6:]) for line in result.body.split(b"\n\n") if line.startswith(b"data: {")]
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
        thought = "".join(delta.get("reasoning_content") or "" for delta in deltas)
        details = [each for delta in deltas for each in delta.get("reasoning_details", [])]
    else:
        message = result.json["choices"][0]["message"]
        thought, details = message["reasoning_content"], message["reasoning_details"]
    assert thought.strip() == THOUGHT
    assert SIGNATURE in [each.get("signature") for each in details]


@pytest.mark.parametrize("back", BACKS)
def test_what_cannot_be_carried_is_named(service: Service, back: str) -> None:
    result = service.chat(model=back, seed=7, logit_bias={"5": 1})
    assert result.status == 200
    dropped = result.headers.get("x-ajar-dropped", "").split(", ")
    record = service.records()[0]
    if back == "openai-chat":
        assert dropped == [""]
        assert "dropped" not in record
    else:
        assert "logit_bias" in dropped
        assert record["dropped"] == dropped


def test_a_strict_route_refuses_instead(
    serve: Callable[..., Service], model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    model.seen.clear()
    service = serve(config(model.url, strict=True))
    result = service.chat(model="anthropic", logit_bias={"5": 1})
    assert result.status == 400
    assert result.json["error"]["code"] == "cannot_carry"
    assert "`logit_bias`" in result.json["error"]["message"]
    assert not model.seen
    assert service.chat(model="openai-chat", logit_bias={"5": 1}).status == 200


def test_the_async_clients(service: Service) -> None:
    async def scene() -> None:
        url = f"http://127.0.0.1:{service.port}"
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0) as client:
            chat = await client.chat.completions.create(
                model="gemini", messages=[{"role": "user", "content": "hi"}], stream=True
            )
            words = [chunk.choices[0].delta.content or "" async for chunk in chat if chunk.choices]
            assert "".join(words) == TEXT
            assert (await client.responses.create(model="bedrock", input="hi")).output_text == TEXT
        client_of_messages = anthropic.AsyncAnthropic(base_url=url, api_key="x", max_retries=0)
        asked: Any = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        async with client_of_messages as second, second.messages.stream(model="openai-responses", **asked) as stream:
            assert "".join([text async for text in stream.text_stream]) == TEXT

    asyncio.run(scene())


def test_tokens_are_counted_where_the_deployment_can(service: Service) -> None:
    messages: Any = [{"role": "user", "content": "hi"}]
    assert _anthropic(service).messages.count_tokens(model="anthropic", messages=messages).input_tokens == 42
    with pytest.raises(anthropic.NotFoundError, match="token counting"):
        _anthropic(service).messages.count_tokens(model="openai-chat", messages=messages)


@pytest.mark.parametrize("front", FRONTS)
def test_errors_come_in_the_fronts_own_shape(service: Service, front: str) -> None:
    wanted = anthropic.NotFoundError if front == "anthropic" else openai.NotFoundError
    with pytest.raises(wanted, match="is no route here"):
        ask(front, service, "nowhere")


def test_failover_from_one_format_to_another(
    serve: Callable[..., Service], model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    both = config(model.url)
    both["deployments"]["gone"] = {
        "provider": "anthropic",
        "base_url": f"{model.url}/gone",
        "model": "m",
        "api_key": "env:SCRIPT_KEY",
    }
    both["deployments"]["gone"]["base_url"] = "http://127.0.0.1:1"
    both["routes"]["r"] = {"primary": "gone", "fallback": ["bedrock"]}
    service = serve(both)
    result = service.chat()
    assert result.status == 200
    assert result.json["choices"][0]["message"]["content"] == TEXT
    assert (result.headers["x-ajar-deployment"], result.headers["x-ajar-attempts"]) == ("bedrock", "2")


def test_an_upstreams_refusal_keeps_its_status_and_words(
    serve: Callable[..., Service], upstream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from doubles.upstream import Reply

    monkeypatch.setenv("SCRIPT_KEY", "secret")
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'
    head = b"HTTP/1.1 429 Too Many\r\ncontent-type: application/json\r\nretry-after: 77\r\ncontent-length: %d\r\n\r\n"
    upstream.default = Reply([head % len(body) + body])
    service = serve(config(upstream.url.removesuffix("/v1")))
    result = service.chat(model="anthropic")
    assert result.status == 429
    assert result.headers["retry-after"] == "77", "so long that the caller had better be told"
    assert result.json["error"]["message"] == "slow down"
