"""Whole requests: the options, and what cannot be said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Format, Text
from ajar.domain.dialog.request import ChatRequest, Message, ResponseFormat, Tool
from ajar.wire.back import Back
from ajar.wire.bedrock.request_write import write_request

CLAUDE = "us.anthropic.claude-sonnet-4-6"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"

Valid = Callable[[bytes], dict[str, Any]]


def write(
    valid: Valid, source: Format = "openai-chat", model: str = CLAUDE, **options: Any
) -> tuple[dict[str, Any], tuple[str, ...]]:
    request = ChatRequest(format=source, model="m", messages=[Message("user", [Text("hi")])], **options)
    losses = Losses()
    body = valid(write_request(request, Back(model=model), losses))
    assert body.pop("messages") == [{"role": "user", "content": [{"text": "hi"}]}]
    return body, losses.names


def test_plain(valid: Valid) -> None:
    assert write(valid) == ({}, ())


def test_options(valid: Valid) -> None:
    body, losses = write(valid, max_tokens=5, top_p=0.0, stop=["END"], top_k=3)
    assert body == {
        "inferenceConfig": {"maxTokens": 5, "topP": 0.0, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"top_k": 3},
        "additionalModelResponseFieldPaths": ["/stop_sequence", "/delta/stop_sequence"],
    }
    assert losses == ()


def test_other_vendors(valid: Valid) -> None:
    body, losses = write(valid, model=LLAMA, stop=["END"], top_k=3)
    assert body == {"inferenceConfig": {"stopSequences": ["END"]}}
    assert losses == ("top_k",)


def test_a_temperature_over_one(valid: Valid) -> None:
    body, losses = write(valid, temperature=1.5)
    assert body == {"inferenceConfig": {"temperature": 1}}
    assert losses == ("temperature",)


@pytest.mark.parametrize(
    ("given", "config", "lost"),
    [
        ({"temperature": 0, "top_p": 0.5}, {"temperature": 0}, ("top_p",)),
        ({"temperature": 0.5, "top_p": 1}, {"temperature": 0.5}, ()),
        ({"temperature": 1, "top_p": 0.5}, {"topP": 0.5}, ()),
        ({"temperature": 1, "top_p": 1}, {"temperature": 1}, ()),
        ({"temperature": 1.5, "top_p": 0.5}, {"topP": 0.5}, ("temperature",)),
    ],
)
def test_claude_takes_one_of_two(valid: Valid, given: Any, config: Any, lost: tuple[str, ...]) -> None:
    assert write(valid, **given) == ({"inferenceConfig": config}, lost)
    others, _ = write(valid, model=LLAMA, **given)
    assert others["inferenceConfig"] == {"temperature": min(given["temperature"], 1), "topP": given["top_p"]}


def test_a_shape_for_the_answer(valid: Valid) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    body, losses = write(valid, response_format=ResponseFormat("json_schema", schema, "n", "d", strict=True))
    definition = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert json.loads(definition.pop("schema")) == schema
    assert definition == {"name": "n", "description": "d"}
    assert losses == ()


@pytest.mark.parametrize(
    ("source", "wanted", "losses"),
    [
        ("openai-chat", ResponseFormat("text"), ()),
        ("openai-chat", ResponseFormat("json_object"), ("response_format",)),
        ("openai-responses", ResponseFormat("json_object"), ("text.format",)),
        ("anthropic", ResponseFormat("json_schema"), ("output_config.format",)),
    ],
)
def test_no_shape(valid: Valid, source: Format, wanted: ResponseFormat, losses: tuple[str, ...]) -> None:
    assert write(valid, source, response_format=wanted) == ({}, losses)


def test_a_shape_only_to_try_for(valid: Valid) -> None:
    _, losses = write(valid, response_format=ResponseFormat("json_schema", {}, "n", strict=False))
    assert losses == ("response_format.json_schema.strict",)


def test_what_is_lost(valid: Valid) -> None:
    options: dict[str, Any] = {
        "n": 2,
        "seed": 0,
        "logprobs": True,
        "top_logprobs": 3,
        "frequency_penalty": 0.5,
        "presence_penalty": -0.5,
        "logit_bias": {"1": 2},
        "parallel_tool_calls": False,
        "verbosity": "low",
        "user": "u",
        "prompt_cache_key": "k",
    }
    tools = [Tool("f", None, {"type": "object"})]
    body, losses = write(valid, tools=tools, **options, service_tier="scale", rest={"new": 1, "null": None})
    assert list(body) == ["toolConfig"]
    assert set(losses) == {*options, "service_tier", "new"}


def test_defaults_are_no_loss(valid: Valid) -> None:
    body, losses = write(
        valid,
        n=1,
        logprobs=False,
        top_logprobs=0,
        frequency_penalty=0,
        presence_penalty=0,
        logit_bias={},
        parallel_tool_calls=True,
        verbosity="medium",
        service_tier="auto",
        metadata={},
        stream=True,
        include_usage=True,
    )
    assert (body, losses) == ({}, ())
    assert write(valid, parallel_tool_calls=False) == ({}, ())


def test_losses_in_the_callers_words(valid: Valid) -> None:
    tools = [Tool("f", None, {"type": "object"})]
    assert write(valid, "anthropic", tools=tools, parallel_tool_calls=False, user="u")[1] == (
        "tool_choice.disable_parallel_tool_use",
        "metadata.user_id",
    )
    assert write(valid, "openai-responses", verbosity="high")[1] == ("text.verbosity",)


@pytest.mark.parametrize(("tier", "wanted"), [("flex", "flex"), ("priority", "priority"), ("standard_only", "default")])
def test_tiers(valid: Valid, tier: str, wanted: str) -> None:
    assert write(valid, service_tier=tier) == ({"serviceTier": {"type": wanted}}, ())


def test_metadata(valid: Valid) -> None:
    body, losses = write(valid, metadata={"team": "a b", "sign": "ä", "count": 1, "": "x", "long": "x" * 257})
    assert body == {"requestMetadata": {"team": "a b"}}
    assert losses == ("metadata",)
    body, losses = write(valid, metadata={f"k{at}": "v" for at in range(20)})
    assert len(body["requestMetadata"]) == 16
    assert losses == ("metadata",)


def test_the_model_is_not_in_the_body() -> None:
    request = ChatRequest(format="bedrock", model="theirs", messages=[])
    assert write_request(request, Back(model="ours"), Losses()) == b"{}"


def test_what_only_converse_knows_goes_back() -> None:
    rest = {"guardrailConfig": {"guardrailIdentifier": "g"}, "inferenceConfig": {"new": 1}, "system": []}
    request = ChatRequest(format="bedrock", model="", messages=[], max_tokens=3, rest=rest)
    losses = Losses()
    assert msgspec.json.decode(write_request(request, Back(model=LLAMA), losses)) == {
        "guardrailConfig": {"guardrailIdentifier": "g"},
        "inferenceConfig": {"maxTokens": 3, "new": 1},
        "system": [],
    }
    assert losses.names == ()
