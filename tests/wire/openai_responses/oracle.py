"""Independent judges of what is written here: the Open Responses schema, and OpenAI's own client."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import httpx2
import jsonschema
import openai

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


@cache
def spec() -> dict[str, Any]:
    """The schema of Open Responses 2026-04-24, mended where it cannot say what OpenAI's API does."""
    text = (resources.files("llm_comply") / "specs" / "openresponses.json").read_text("utf-8")
    spec = json.loads(text)
    schemas = spec["components"]["schemas"]
    # An answer repeats the request's schema; here it may only be null.
    schemas["JsonSchemaResponseFormat"]["properties"]["schema"] = {"type": "object"}
    # `minimal` has a description, but no place among the values; `max` is newer.
    schemas["ReasoningEffortEnum"]["enum"] += ["minimal", "max"]
    # Custom tools are OpenAI's.
    own = {"type": "object", "required": ["type", "name"], "properties": {"type": {"const": "custom"}}}
    schemas["Tool"]["oneOf"].append(own)
    call = {
        "type": "object",
        "required": ["type", "id", "call_id", "name", "input"],
        "properties": {"type": {"const": "custom_tool_call"}},
    }
    schemas["ItemField"]["oneOf"].append(call)
    for event in ("response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"):
        schemas[event] = {
            "type": "object",
            "required": ["type", "sequence_number", "item_id", "output_index"],
            "properties": {"type": {"enum": [event]}},
        }
    # OpenAI's name for what is `response.reasoning.delta` here.
    for word in ("Delta", "Done"):
        name = schemas[f"ResponseReasoning{word}StreamingEvent"]["properties"]["type"]
        name["enum"].append(f"response.reasoning_text.{word.lower()}")
    return spec


@cache
def _validator(name: str) -> jsonschema.Validator:
    cls = jsonschema.validators.validator_for(_DIALECT)
    return cls({"$ref": f"#/components/schemas/{name}", "components": spec()["components"]})


@cache
def _event_schemas() -> dict[str, str]:
    schemas = spec()["components"]["schemas"]
    named = {}
    for name, schema in schemas.items():
        if name.endswith("StreamingEvent") or name.startswith("response."):
            for kind in schema["properties"]["type"]["enum"]:
                named[kind] = name
    return named


def errors(value: Any, name: str) -> list[str]:
    """What is wrong with a value of the schema `name`."""
    found = jsonschema.exceptions.relevance
    every = sorted(_validator(name).iter_errors(value), key=found)
    return [f"{each.json_path}: {each.message[:300]}" for each in every]


def event_errors(event: dict[str, Any]) -> list[str]:
    """What is wrong with a stream's event."""
    name = _event_schemas().get(event["type"])
    return [f"unknown event {event['type']}"] if name is None else errors(event, name)


def events_of(data: bytes) -> list[dict[str, Any]]:
    """The events of a stream, each of which must be whole and named as it is typed."""
    assert data.endswith(b"\n\n")
    events = []
    for text in data[:-2].split(b"\n\n"):
        first, second = text.split(b"\n")
        assert first.startswith(b"event: ")
        assert second.startswith(b"data: ")
        event = json.loads(second[6:])
        assert event["type"] == first[7:].decode()
        events.append(event)
    return events


def check_stream(data: bytes) -> list[dict[str, Any]]:
    """Check a stream that ends well against the schema and the rules of the format; returns its events."""
    events = events_of(data)
    problems = [(event["type"], found) for event in events if (found := event_errors(event))]
    assert not problems, problems
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert not set(kinds[:-1]) & {"response.completed", "response.incomplete", "response.failed", "error"}
    check_items(events)
    return events


def check_items(events: list[dict[str, Any]]) -> None:
    """Items are added in order, keep their ids, and are all in the last event as they were when done."""
    ids: dict[int, str | None] = {}
    texts: dict[tuple[Any, ...], str] = {}
    done: dict[int, Any] = {}
    for event in events:
        kind, at = event["type"], event.get("output_index")
        if kind == "response.output_item.added":
            assert at == len(ids)
            ids[at] = event["item"].get("id")
        elif kind == "response.output_item.done":
            assert event["item"].get("id") == ids[at]
            assert at not in done
            done[at] = event["item"]
        elif at is not None:
            assert event["item_id"] == ids[at]
            assert at not in done
            place = (at, event.get("content_index"), event.get("summary_index"))
            if kind.endswith(".delta"):
                texts[place] = texts.get(place, "") + event["delta"]
            elif kind.endswith(("text.done", "arguments.done", "input.done", "refusal.done")):
                whole = next(event[name] for name in ("text", "arguments", "input", "refusal") if name in event)
                assert texts.get(place, "") == whole
    assert events[-1]["response"]["output"] == [done[at] for at in range(len(ids))]


def client(answer: bytes, kind: str = "text/event-stream") -> openai.OpenAI:
    """OpenAI's own client, which gets `answer` whatever it asks."""

    def handle(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=answer, headers={"content-type": kind})

    http = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(base_url="http://ajar.test/v1", api_key="none", max_retries=0, http_client=http)
