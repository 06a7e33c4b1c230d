"""Real requests through the running gateway, to every back end: each gets a valid request that says the same."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.parts import Media, Text, ToolCall, ToolResult
from ajar.wire.formats import FORMATS
from gateway.formats import BACKS, FRONTS
from gateway.judges import *  # noqa: F403 - fixtures
from gateway.replayed import cases, own
from gateway.test_replay import PATHS, play, service, upstream

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.request import ChatRequest
    from doubles.service import Result, Service
    from doubles.upstream import Upstream
    from recordings import Exchange

__all__ = ["service", "upstream"]

STATE = {"previous_response_id", "conversation", "background", "input", "tools"}
"""Fields that a 400 may name: what they, or an id in them, refer to lies with the provider that was recorded."""

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What all formats take as a tool call's id."""


@pytest.mark.parametrize(("front", "exchange"), cases(FRONTS, lambda exchange: exchange.status == 200))
@pytest.mark.parametrize("back", BACKS)
def test_a_recorded_request(
    service: Service,
    upstream: Upstream,
    requests: dict[str, Callable[[bytes], Any]],
    front: str,
    back: str,
    exchange: Exchange,
) -> None:
    body = {**json.loads(exchange.request), "model": back}
    upstream.default = play(own(back)[bool(body.get("stream"))])
    upstream.seen.clear()
    result = service.request("POST", PATHS[front], body)
    if result.status == 400:
        assert front == "openai-responses"
        assert not upstream.seen
        check_refusal(result)
        return
    assert result.status == 200, result.body
    sent = upstream.seen[0].body
    if front == back:
        metered = {"stream_options": {"include_usage": True}} if front == "openai-chat" and body.get("stream") else {}
        assert json.loads(sent) == {**body, "model": json.loads(sent)["model"], **metered}
        return
    requests[back](sent)
    dropped = result.headers.get("x-ajar-dropped", "")
    asked = facts(FORMATS[front].read_request(json.dumps(body).encode()))
    got = facts(FORMATS[back].read_request(sent))
    assert [text for text in asked["texts"] if text not in "\n".join(got["texts"])] == [], dropped
    assert got["calls"] == asked["calls"], dropped
    assert got["results"] == asked["results"], dropped
    assert set(got["media"]) <= set(asked["media"])
    assert len(got["media"]) == len(asked["media"]) or "content." in dropped


def check_refusal(result: Result) -> None:
    """A 400 says which state cannot be had here."""
    error = result.json["error"]
    assert error["code"] == "invalid_field"
    assert re.split(r"[\[.]", error["param"])[0] in STATE, error


def facts(request: ChatRequest) -> dict[str, list[Any]]:
    """What every format can say of a dialog. Ids that some format does not take are only told apart."""
    found: dict[str, list[Any]] = {"texts": [], "calls": [], "results": [], "media": []}
    parts = [part for message in request.messages for part in message.parts]
    ids = [part.id for part in parts if isinstance(part, ToolCall)]
    known = {each: each if all(map(_CALL_ID.fullmatch, ids)) else number for number, each in enumerate(ids)}
    for part in parts:
        for each in part.content if isinstance(part, ToolResult) else [part]:
            text = text_of(each)
            if text is not None:
                found["texts"].append(text.strip())
            elif isinstance(each, Media):
                found["media"].append(each.data or each.url)
        if isinstance(part, ToolCall):
            found["calls"].append((known[part.id], part.name, json.loads(part.arguments or "{}")))
        elif isinstance(part, ToolResult):
            found["results"].append(known[part.call_id])
    return found


def text_of(part: Any) -> str | None:
    """The text of a part, or of a document that is nothing but text, however it is carried."""
    if isinstance(part, Media) and part.mime == "text/plain" and part.data:
        return b64decode(part.data).decode()
    return part.text if isinstance(part, Text | Media) else None
