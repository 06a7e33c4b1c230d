"""Anthropic's `tool_reference`: what a search for tools gives back, in words for the formats that have no such block.

The tools that it names stand among the request's own, so the block itself is all there is to say. Without it the model
would read that the search found nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Text

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Media

_KIND = "tool_reference"


def in_words(content: list[Text | Media | Foreign]) -> list[Text | Media | Foreign]:
    """A tool result's content, each reference to a tool as a text that holds it as JSON."""
    for part in content:
        if type(part) is Foreign and part.kind == _KIND:
            return [_text(each) if type(each) is Foreign and each.kind == _KIND else each for each in content]
    return content


def _text(part: Foreign) -> Text:
    said: dict[str, Any] = {"type": _KIND, "tool_name": part.value.get("tool_name")}
    return Text(msgspec.json.encode(said).decode(), cache=part.value.get("cache_control"))
