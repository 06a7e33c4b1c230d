"""Independent judges of what is written here: OpenAI's own schema, and its own client's classes."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

if TYPE_CHECKING:
    from collections.abc import Callable

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
_NEWER = {"verbosity", "prompt_cache_key", "safety_identifier"}
"""Fields that the schema at hand may not know yet."""


@cache
def _spec() -> dict[str, Any]:
    spec = json.loads((resources.files("llm_comply") / "specs" / "openai_chat.json").read_text("utf-8"))
    # A model may be anything: the schema lists OpenAI's own.
    spec["components"]["schemas"]["ModelIdsShared"] = {"type": "string"}
    spec["components"]["schemas"]["ReasoningEffort"].pop("enum", None)  # there are more by now
    _modernise(spec)
    return spec


def _modernise(node: Any) -> None:
    """Say `nullable`, which is OpenAPI 3.0's, as JSON Schema does."""
    if isinstance(node, list):
        for each in node:
            _modernise(each)
    elif isinstance(node, dict):
        for each in node.values():
            _modernise(each)
        if node.pop("nullable", False) is True:
            inner = dict(node)
            node.clear()
            node["anyOf"] = [inner, {"type": "null"}]


@cache
def _validator(name: str) -> jsonschema.Validator:
    cls = jsonschema.validators.validator_for(_DIALECT)
    return cls({"$ref": f"#/components/schemas/{name}", "components": _spec()["components"]})


def _names(schema: dict[str, Any]) -> set[str]:
    """All properties of a schema, composed or not."""
    if "$ref" in schema:
        schema = _spec()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found = set(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= _names(part)
    return found


@pytest.fixture(scope="session")
def valid_request() -> Callable[[bytes], dict[str, Any]]:
    """Returns a decoded request; fails where OpenAI's schema does not allow it, or does not know a field."""

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        _validator("CreateChatCompletionRequest").validate(value)
        known = _names({"$ref": "#/components/schemas/CreateChatCompletionRequest"}) | _NEWER
        assert set(value) <= known
        return value

    return check


@pytest.fixture(scope="session")
def valid_answer() -> Callable[[bytes], dict[str, Any]]:
    """Returns a decoded answer; fails where OpenAI's schema or its client's classes do not allow it."""

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        _validator("CreateChatCompletionResponse").validate(value)
        ChatCompletion.model_validate(value)
        return value

    return check


@pytest.fixture(scope="session")
def valid_stream() -> Callable[[bytes], list[dict[str, Any]]]:
    """Returns the decoded chunks; fails where an event is not whole, or is none that OpenAI's client knows."""

    def check(stream: bytes) -> list[dict[str, Any]]:
        assert stream == b"" or stream.endswith(b"\n\n")
        chunks: list[dict[str, Any]] = []
        for event in stream.split(b"\n\n")[:-1]:
            assert event.startswith(b"data: ")
            assert b"\n" not in event
            if event != b"data: [DONE]":
                chunks.append(json.loads(event[6:]))
                ChatCompletionChunk.model_validate(chunks[-1])
                _validator("CreateChatCompletionStreamResponse").validate(chunks[-1])
        return chunks

    return check
