"""Recorded streams open where their readers find the first content; recorded answers are no failures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.content import is_content, opens
from ajar.domain.dialog.events import ArgumentsDelta, Ended, OpaqueDelta, Opened, TextDelta
from ajar.domain.dialog.parts import Foreign
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES
from ajar.wire.opening import opening_of
from ajar.wire.passing import event_end
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Format
    from ajar.wire.fronts import Front

FRONTS = {"/chat/completions": CHAT, "/responses": RESPONSES, "/v1/messages": MESSAGES}
PROVIDERS = {
    "/chat/completions": (
        ["azure", "cerebras", "deepseek", "groq", "huggingface", "misc", "mistral", "openai-chat", "openrouter", "zai"]
    ),
    "/responses": ["openai-responses", "bedrock-mantle", "deepseek"],
    "/v1/messages": ["anthropic"],
}


def recorded(*, streamed: bool) -> Any:
    """A decorator: runs the test with each recorded answer of a format that passes as it is."""
    marks = [
        exchanges(provider, rf"{path}(\?|$)", lambda each: each.status == 200 and each.streamed == streamed)
        for path, providers in PROVIDERS.items()
        for provider in providers
    ]
    found = [each for mark in marks for each in mark.args[1] if isinstance(each, Exchange)]
    return pytest.mark.parametrize("exchange", found, ids=lambda each: each.name) if found else marks[0]


def front_of(exchange: Exchange) -> Front:
    return next(front for path, front in FRONTS.items() if re.search(rf"{path}(\?|$)", exchange.url))


def cut(stream: bytes) -> list[bytes]:
    """Its events."""
    ends = [match.end() for match in event_end.finditer(stream)]
    return [stream[start:end] for start, end in zip([0, *ends], [*ends, len(stream)], strict=True) if start < end]


@recorded(streamed=True)
def test_a_stream_opens_where_its_reader_finds_content(exchange: Exchange) -> None:
    front = front_of(exchange)
    events = cut(exchange.answer)
    opened = next(at for at, event in enumerate(events) if front.opening(event) != "held")
    assert front.opening(events[opened]) == "content"
    reader = FORMATS[front.format].stream_reader()
    said: list[Event] = []
    found = -1
    while not opens(said):
        found += 1
        said += reader.feed(events[found])
    first = next(event for event in said if is_content(event))
    if isinstance(first, Opened) and isinstance(first.part, Foreign):
        assert opened <= found  # a provider's own tool begins with an event of its own, and is read when it is whole
        return
    assert opened == found
    assert not isinstance(first, Ended)


@recorded(streamed=True)
def test_a_stream_opens_there_however_it_is_split(exchange: Exchange) -> None:
    front = front_of(exchange)
    events = cut(exchange.answer)
    opened = next(at for at, event in enumerate(events) if front.opening(event) != "held")
    held = sum(len(event) for event in events[:opened])
    for size in (len(exchange.answer), 1024, 7):
        stream = front.passing(False)
        gone, seen = 0, "held"
        for at in range(0, len(exchange.answer), size):
            out = stream.feed(exchange.answer[at : at + size])
            seen = front.opening(out)
            if seen != "held":
                break
            gone += len(out)
        assert seen == "content"
        assert gone <= held


@recorded(streamed=False)
def test_a_whole_answer_is_no_failure_and_no_refusal(exchange: Exchange) -> None:
    front = front_of(exchange)
    assert front.failure_in(exchange.answer) is None
    assert FORMATS[front.format].failure_in(exchange.answer) is None
    assert not front.refused(200, exchange.answer)


@exchanges("gemini", "streamGenerateContent", lambda each: each.status == 200 and each.streamed)
def test_gemini(exchange: Exchange) -> None:
    check_typed("gemini", cut(exchange.answer))


@exchanges("bedrock", r"/converse-stream$", lambda each: each.status == 200 and each.streamed)
def test_bedrock(exchange: Exchange) -> None:
    check_typed("bedrock", [exchange.answer[at : at + 64] for at in range(0, len(exchange.answer), 64)])


@exchanges("gemini", ":generateContent", lambda each: each.status == 200)
def test_whole_gemini_answers(exchange: Exchange) -> None:
    assert FORMATS["gemini"].failure_in(exchange.answer) is None


@exchanges("bedrock", r"/converse$", lambda each: each.status == 200)
def test_whole_bedrock_answers(exchange: Exchange) -> None:
    assert FORMATS["bedrock"].failure_in(exchange.answer) is None


def check_typed(origin: Format, pieces: list[bytes]) -> None:
    """What comes before a stream opens is no content, and what it opens with is."""
    reader = FORMATS[origin].stream_reader()
    seen = "held"
    for piece in pieces:
        events = reader.feed(piece)
        seen = opening_of(events)
        if seen != "held":
            break
        assert not any(isinstance(event, TextDelta | ArgumentsDelta | OpaqueDelta | Ended) for event in events)
    assert seen == "content" or opens(reader.finish())
