"""Parts of other formats as content blocks."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message, Tool
from ajar.wire.back import Back
from wire.anthropic.dialogs import CACHE, HI, chat, text, user, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]


MEDIA = [
    (Media("image", url="https://x"), {"type": "url", "url": "https://x"}),
    (
        Media("image", mime="image/webp;q=1", data="AAAA"),
        {"type": "base64", "media_type": "image/webp", "data": "AAAA"},
    ),
    (
        Media("document", mime="application/pdf", data="AAAA"),
        {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
    ),
    (Media("document", text="words"), {"type": "text", "media_type": "text/plain", "data": "words"}),
    (
        Media("document", mime="text/markdown", data=b64encode("grün".encode()).decode()),
        {"type": "text", "media_type": "text/plain", "data": "grün"},
    ),
]


@pytest.mark.parametrize(("media", "source"), MEDIA)
def test_pictures_and_documents(valid: Valid, media: Media, source: dict[str, Any]) -> None:
    body, lost = write(chat(Message("user", [media])))
    assert valid(body)["messages"][0]["content"] == [{"type": media.kind, "source": source}]
    assert lost == ()


LOST_MEDIA = [
    (Media("audio", mime="audio/wav", data="AAAA"), "content.input_audio"),
    (Media("image", mime="image/heic", data="AAAA"), "content.image_url"),
    (Media("document", file_id="file-1"), "content.file"),
    (Media("document", mime="text/plain", data="!"), "content.file"),
    (Media("document", mime="application/zip", data="AAAA"), "content.file"),
    (Media("video", url="https://x"), "content.video_url"),
]


@pytest.mark.parametrize(("media", "name"), LOST_MEDIA)
def test_other_media_are_lost(valid: Valid, media: Media, name: str) -> None:
    body, lost = write(chat(Message("user", [Text("see"), media])))
    assert valid(body)["messages"] == [user(text("see"))]
    assert lost == (name,)


def test_titles_and_details(valid: Valid) -> None:
    long = Media("document", url="https://x", name="n" * 600, cache=CACHE)
    body, lost = write(chat(Message("user", [long, Media("image", url="https://x", detail="high")])))
    document = valid(body)["messages"][0]["content"][0]
    assert (len(document["title"]), document["cache_control"]) == (500, CACHE)
    assert lost == ("content.image_url.detail",)


def test_cache_marks_come_through(valid: Valid) -> None:
    request = chat(
        Message("system", [Text("a", cache=CACHE)]),
        Message("user", [Text("b", cache=CACHE)]),
        Message("assistant", [ToolCall("c", "f", "", cache=CACHE)]),
        Message("tool", [ToolResult("c", [Text("d", cache=CACHE)], cache=CACHE)]),
        tools=[Tool("f", schema=None, cache=CACHE)],
    )
    body, lost = write(request)
    value = valid(body)
    assert body.count(b'"ephemeral"') == 6
    assert value["tools"][0]["input_schema"] == {"type": "object", "properties": {}}
    assert lost == ()


THOUGHTS: list[tuple[Part, list[str], tuple[str, ...]]] = [
    (Reasoning("t", "mine"), ["thinking", "text"], ()),
    (Reasoning("", "mine"), ["thinking", "text"], ()),
    (Reasoning("", "mine", redacted=True), ["redacted_thinking", "text"], ()),
    (Reasoning("t", "other"), ["text"], ("reasoning_details",)),
    (Reasoning("t"), ["text"], ("reasoning_content",)),
    (Text("t", "mine"), ["thinking", "text", "text"], ()),
    (ToolCall("c", "f", "", opaque="other"), ["tool_use", "text"], ("thought_signature",)),
    (Refusal("no"), ["text", "text"], ("refusal",)),
    (Text("t", annotations=[{}]), ["text", "text"], ("content.annotations",)),
    (Foreign("openai-chat", "messages.audio", {}), ["text"], ("messages.audio",)),
]


@pytest.mark.parametrize(("part", "kinds", "names"), THOUGHTS)
def test_thoughts_and_other_parts(part: Part, kinds: list[str], names: tuple[str, ...]) -> None:
    back = Back(model="m", keeps=lambda value: value == "mine")
    body, lost = write(chat(HI, Message("assistant", [part, Text("x")])), back)
    assert [block["type"] for block in json.loads(body)["messages"][1]["content"]] == kinds
    assert lost == names
