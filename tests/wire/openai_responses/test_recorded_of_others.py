"""What other formats' deployments answered, recorded: a Responses caller gets it in valid form, streamed or whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.events import Ended
from ajar.domain.dialog.losses import Losses
from ajar.errors import UpstreamGarbage
from ajar.wire.formats import FORMATS
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.request_write import write_request
from ajar.wire.openai_responses.stream_write import StreamWriter
from recordings import Exchange, load
from wire.openai_responses import oracle
from wire.openai_responses.samples import KEEPS_ALL, KEEPS_NONE, MADE, asked

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

REQUEST = read_request(asked(stream=True))
SOURCES: list[tuple[Format, str, str]] = [
    ("openai-chat", "openai-chat groq mistral openrouter deepseek cerebras zai huggingface", r"chat/completions"),
    ("anthropic", "anthropic bedrock-mantle", r"/messages(\?|$)"),
    ("gemini", "gemini", r":(stream)?[gG]enerateContent"),
    ("bedrock", "bedrock", r"/converse"),
]


def recorded() -> list[Any]:
    found = [
        pytest.param(speech, exchange, id=exchange.name)
        for speech, providers, url in SOURCES
        for provider in providers.split()
        for exchange in load(provider)
        if exchange.status == 200 and re.search(url, exchange.url)
    ]
    skip = pytest.mark.skip(reason="no recordings: set AJAR_RECORDINGS to their folder")
    return found or [pytest.param(None, None, marks=skip)]


@pytest.mark.parametrize(("speech", "exchange"), recorded())
def test_an_answer_of_another_format(speech: Format, exchange: Exchange) -> None:
    if exchange.streamed:
        reader, writer = FORMATS[speech].stream_reader(), StreamWriter(REQUEST, MADE, Losses())
        events = reader.feed(exchange.answer) + reader.finish()
        if isinstance(events[-1], Ended):
            oracle.check_stream(writer.write(events))
        return
    try:
        answer = FORMATS[speech].read_answer(exchange.answer)
    except UpstreamGarbage:
        assert b'"choices": [{' not in exchange.answer
        return
    if answer.finish.reason != "error":
        body = json.loads(write_answer(answer, REQUEST, MADE, Losses()))
        problems = oracle.errors(body, "ResponseResource")
        assert not problems, problems


@pytest.mark.parametrize(("speech", "exchange"), recorded())
def test_a_request_of_another_format(speech: Format, exchange: Exchange) -> None:
    if exchange.request[:1] != b"{":
        return
    request = FORMATS[speech].read_request(exchange.request)
    for back in (KEEPS_NONE, KEEPS_ALL):
        body = json.loads(write_request(request, back, Losses()))
        if body.get("text", {}).get("format", {}).get("type") == "json_object":
            del body["text"]  # the schema of Open Responses does not know it
        problems = oracle.errors(body, "CreateResponseBody")
        assert not problems, problems
