"""Recorded requests and answers of other formats, through this one: what is written is valid."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.losses import Losses
from ajar.errors import RequestError, UpstreamGarbage
from ajar.wire.anthropic.answer_write import write_answer
from ajar.wire.anthropic.request_write import write_request
from ajar.wire.anthropic.stream_write import StreamWriter
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS
from ajar.wire.made import Made
from ajar.wire.openai_responses.stateless import require_stateless
from ajar.wire.sse import SseReader
from recordings import Exchange, exchanges
from wire.anthropic.client import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Format

    Valid = Callable[[bytes], dict[str, Any]]

MADE = Made("0197c0de-0000-7000-8000-0123456789ab", 1, "claude-x")


def check(exchange: Exchange, origin: Format, valid: Valid, valid_answer: Valid) -> None:
    speech = FORMATS[origin]
    try:
        request = speech.read_request(exchange.request)
        if origin == "openai-responses":
            require_stateless(request)
        body = write_request(request, Back(model="claude-x"), Losses())
    except RequestError:
        return
    if request.temperature is None or request.temperature >= 0:
        valid(body)
    if exchange.status != 200:
        return
    try:
        if exchange.streamed:
            reader = speech.stream_reader()
            events = reader.feed(exchange.answer) + reader.finish()
            out = StreamWriter(request, MADE, Losses()).write(events)
            message([json.loads(each.data) for each in SseReader().feed(out)])
        else:
            out = write_answer(speech.read_answer(exchange.answer), request, MADE, Losses())
            valid_answer(re.sub(rb'("id":"[^"]*)[.:]', rb"\1_", out))  # ids stay as their issuer made them
    except UpstreamGarbage:
        return


@exchanges("openai-chat", "chat/completions")
def test_chat_completions(exchange: Exchange, valid: Valid, valid_answer: Valid) -> None:
    check(exchange, "openai-chat", valid, valid_answer)


@exchanges("openrouter", "chat/completions")
def test_openrouter(exchange: Exchange, valid: Valid, valid_answer: Valid) -> None:
    check(exchange, "openai-chat", valid, valid_answer)


@exchanges("openai-responses", "/responses")
def test_responses(exchange: Exchange, valid: Valid, valid_answer: Valid) -> None:
    check(exchange, "openai-responses", valid, valid_answer)


@exchanges("gemini", "enerateContent")
def test_gemini(exchange: Exchange, valid: Valid, valid_answer: Valid) -> None:
    check(exchange, "gemini", valid, valid_answer)


@exchanges("bedrock", "/converse")
def test_converse(exchange: Exchange, valid: Valid, valid_answer: Valid) -> None:
    check(exchange, "bedrock", valid, valid_answer)
