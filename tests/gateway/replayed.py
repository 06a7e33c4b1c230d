"""The exchanges that are replayed: every recorded one, and one of our own for each format, which are always there."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from doubles.eventstream import stream as frames
from recordings import Exchange, absent, folder, load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OWN = Path(__file__).resolve().parents[1] / "data" / "exchanges"

_URLS = {
    "openai-chat": r"(?<!/v2)/chat/completions(\?|$)",
    "openai-responses": r"/v1/responses(\?|$)|deepseek\.com/responses$",
    "anthropic": r"/v1/messages(\?|$)",
    "gemini": r":(stream)?[gG]enerateContent",
    "bedrock": r"/converse(-stream)?$",
}


def cases(formats: Sequence[str], wanted: Callable[[Exchange], bool] = lambda _: True) -> list[Any]:
    """Test parameters (format, exchange): our own, and the recorded ones, or a skip that says where they are not."""
    found = [
        pytest.param(speech, exchange, id=exchange.name)
        for speech in formats
        for exchange in (*own(speech), *recorded(speech))
        if wanted(exchange)
    ]
    if folder() is None:
        found.append(pytest.param(None, None, id="recorded", marks=pytest.mark.skip(reason=absent())))
    return found


@cache
def recorded(speech: str) -> tuple[Exchange, ...]:
    """The recorded exchanges of all providers in that format, whether they were answered well or refused."""
    base = folder()
    if base is None:
        return ()
    providers = sorted(path.name for path in base.iterdir() if path.is_dir())
    every = (each for provider in providers for each in load(provider))
    return tuple(each for each in every if re.search(_URLS[speech], each.url) and each.request[:1] == b"{")


def own(speech: str) -> tuple[Exchange, Exchange]:
    """Our own exchange in that format, whole and as a stream."""
    made = json.loads((OWN / f"{speech}.json").read_text())
    request = json.dumps(made["request"]).encode()
    whole = Exchange(
        name=f"own/{speech}#whole",
        url="",
        request=request,
        status=200,
        headers={"content-type": "application/json"},
        answer=json.dumps(made["answer"]).encode(),
    )
    kind = "application/vnd.amazon.eventstream" if speech == "bedrock" else "text/event-stream"
    streamed = Exchange(
        name=f"own/{speech}#stream",
        url="",
        request=json.dumps({**made["request"], "stream": True}).encode(),
        status=200,
        headers={"content-type": kind},
        answer=_stream(speech, made["events"]),
    )
    return whole, streamed


def _stream(speech: str, events: list[Any]) -> bytes:
    if speech == "bedrock":
        return frames(events)
    named = speech in ("anthropic", "openai-responses")
    lines = [
        (f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
        for event in events
    ]
    return ("".join(lines) + ("data: [DONE]\n\n" if speech == "openai-chat" else "")).encode()
