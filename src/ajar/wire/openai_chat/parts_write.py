"""The parts of a message's content, for a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Foreign, Media, Refusal, Text
from ajar.wire.data_url import data_url
from ajar.wire.mime import audio_format, extension_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.openai_chat.target import Target


def content_of(parts: list[Part], target: Target, *, listed: bool) -> str | list[Rest]:
    """The content of a user's, system's or tool's message: a string where that says it all, else a list."""
    if not listed and len(parts) == 1:
        (part,) = parts
        if type(part) is Text and not part.rest and part.cache is None:
            return part.text
    items = [item for part in parts if (item := write_part(part, target)) is not None]
    if listed and target.own:
        return items
    if not items:
        return ""
    if (len(items) == 1 or target.has("string_content")) and all(len(each) == 2 and "text" in each for each in items):
        return "\n\n".join([each["text"] for each in items])
    return items


def write_part(part: Part, target: Target) -> Rest | None:
    """One content part; None where this API has none for it, and the loss is told."""
    if type(part) is Text:
        return _text(part, target)
    if type(part) is Media:
        return _media(part, target)
    if type(part) is Refusal:
        item: Rest = {"type": "refusal", "refusal": part.text}
        target.carry(item, part.rest, "content")
        return item
    if type(part) is Foreign:
        if part.format == "openai-chat" and target.own:
            return part.value
        target.losses.add(part.kind)
        return None
    target.losses.add(f"content.{type(part).__name__.lower()}")
    return None


def _text(part: Text, target: Target) -> Rest:
    item: Rest = {"type": "text", "text": part.text}
    _cache(item, part.cache, target)
    target.carry(item, part.rest, "content")
    return item


def _cache(item: Rest, cache: Rest | None, target: Target) -> None:
    if cache is None:
        return
    if target.own or target.has("cache_control"):
        item["cache_control"] = cache
    else:
        target.losses.add("cache_control")


def _media(part: Media, target: Target) -> Rest | None:
    item = _item(part, target)
    if item is None:
        return None
    _cache(item, part.cache, target)
    if part.rest and target.own:
        kind = item["type"]
        inner: Any = part.rest.get(kind)
        item.update(part.rest)
        if type(inner) is dict:
            item[kind] = {**_inner(part, target), **inner}
    else:
        target.carry(item, part.rest, "content")
    return item


def _inner(part: Media, target: Target) -> Rest:
    item = _item(part, target)
    return {} if item is None else item[item["type"]]


def _item(part: Media, target: Target) -> Rest | None:
    """The part without its cache mark and unknown fields."""
    if part.text is not None:
        if part.name is not None:
            target.losses.add("document.title" if target.came_in == "anthropic" else "content.filename")
        return {"type": "text", "text": part.text}
    if part.kind == "document" or (part.name is not None and target.own):
        return _file(part, target)
    if part.file_id is not None:
        return _lost(part, "file_id", target)
    if part.kind == "image":
        image: Rest = {"url": _url(part)}
        if part.detail is not None:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    if part.kind == "video":
        if not target.own and not target.has("video_url"):
            return _lost(part, None, target)
        return {"type": "video_url", "video_url": {"url": _url(part)}}
    if part.data is None:
        return _lost(part, "url", target)
    if target.has("image_url_only"):
        return _lost(part, None, target)
    return {"type": "input_audio", "input_audio": {"data": part.data, "format": audio_format(part.mime or "")}}


def _file(part: Media, target: Target) -> Rest | None:
    if target.has("image_url_only"):
        return _lost(part, None, target)
    if part.file_id is not None:
        file: Rest = {"file_id": part.file_id}
    elif part.data is not None or target.own or target.has("file_url"):
        file = {"file_data": _url(part)}
    else:
        return _lost(part, "url", target)
    if part.name is not None:
        file["filename"] = part.name
    elif not target.own and part.file_id is None:
        file["filename"] = f"document.{extension_of(part.mime or '') or 'pdf'}"  # the API wants one
    return {"type": "file", "file": file}


def _url(part: Media) -> str:
    if part.data is not None:
        return data_url(part.mime or "application/octet-stream", part.data)
    return part.url or ""


def _lost(part: Media, field: str | None, target: Target) -> None:
    target.losses.add(f"content.{part.kind}.{field}" if field else f"content.{part.kind}")
