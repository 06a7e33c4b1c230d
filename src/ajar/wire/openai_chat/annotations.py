"""Citations as this format has them: `{"type": "url_citation", "url_citation": {…}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.wire.json_fields import whole

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format


def write_annotation(value: Any, came_in: Format, start: int, end: int, losses: Losses) -> Any:
    """The citation `value` of a text that stands from `start` to `end` in the content; None where it has no form here.

    Responses counts from the start of its own text, and Anthropic cites a whole text for each web page.
    """
    if came_in == "openai-chat":
        return value
    if type(value) is dict:
        value = cast("dict[str, Any]", value)
        kind, url = value.get("type"), value.get("url")
        if came_in == "openai-responses" and kind == "url_citation" and type(url) is str:
            first, last = whole(value.get("start_index")), whole(value.get("end_index"))
            start, end = (start if first is None else start + first), (end if last is None else start + last)
            return _citation(url, value.get("title"), start, end)
        if came_in == "anthropic" and kind == "web_search_result_location" and type(url) is str:
            if value.get("encrypted_index") is not None:
                losses.add("content.citations.encrypted_index")
            return _citation(url, value.get("title"), start, end)
    losses.add("content.citations" if came_in == "anthropic" else "content.annotations")
    return None


def _citation(url: str, title: Any, start: int, end: int) -> Any:
    place = {"start_index": start, "end_index": end}
    return {
        "type": "url_citation",
        "url_citation": {"url": url, "title": title if type(title) is str else "", **place},
    }
