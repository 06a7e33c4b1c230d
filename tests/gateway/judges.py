"""Whether what leaves Ajar is what its format's own description, or its official client, allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.joined import events, joined
from wire.anthropic.conftest import valid as messages_request
from wire.anthropic.conftest import valid_answer as messages_answer
from wire.bedrock.conftest import valid as converse_request
from wire.gemini.conftest import valid as gemini_request
from wire.openai_chat.conftest import valid_answer as chat_answer
from wire.openai_chat.conftest import valid_request as chat_request
from wire.openai_chat.conftest import valid_stream as chat_stream
from wire.openai_responses import oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    Judge = Callable[[bytes], Any]

# A test file that imports the two fixtures at the end imports these with them: `from gateway.judges import *`.
__all__ = [
    "answers",
    "chat_answer",
    "chat_request",
    "chat_stream",
    "converse_request",
    "gemini_request",
    "messages_answer",
    "messages_request",
    "requests",
]


@pytest.fixture(scope="session")
def answers(chat_answer: Judge, chat_stream: Judge, messages_answer: Judge) -> Callable[[str, bytes, bool], Any]:
    """Called with a front format, the body and whether it is a stream: fails where it may not be so."""
    judges: dict[tuple[str, bool], Judge] = {
        ("openai-chat", False): chat_answer,
        ("openai-chat", True): chat_stream,
        ("openai-responses", False): _response,
        ("openai-responses", True): oracle.check_stream,
        ("anthropic", False): messages_answer,
        ("anthropic", True): lambda body: messages_answer(_message(body)),
    }
    return lambda front, body, stream: judges[front, stream](body)


@pytest.fixture(scope="session")
def requests(
    chat_request: Judge, messages_request: Judge, gemini_request: Judge, converse_request: Judge
) -> dict[str, Judge]:
    """By format: fails where a request's body may not be so."""
    return {
        "openai-chat": chat_request,
        "openai-responses": _response_wanted,
        "anthropic": messages_request,
        "gemini": gemini_request,
        "bedrock": converse_request,
    }


def _response(body: bytes) -> None:
    problems = oracle.errors(json.loads(body), "ResponseResource")
    assert not problems, problems


def _response_wanted(body: bytes) -> None:
    value = json.loads(body)
    if value.get("text", {}).get("format") == {"type": "json_object"}:
        del value["text"]["format"]  # OpenAI's own, which this description lacks
    problems = oracle.errors(value, "CreateResponseBody")
    assert not problems, problems


def _message(body: bytes) -> bytes:
    """The message that a stream amounts to; its events must come in the order that the format has."""
    kinds = [event["type"] for event in events(body) if event["type"] != "ping"]
    assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
    open_block = None
    for event in events(body):
        match event["type"]:
            case "content_block_start":
                assert open_block is None
                open_block = event["index"]
            case "content_block_delta":
                assert event["index"] == open_block
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
            case _:
                pass
    assert open_block is None
    return json.dumps(joined("anthropic", body)).encode()
