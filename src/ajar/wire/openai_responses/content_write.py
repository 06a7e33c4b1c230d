"""Typed parts as the content of a message or of a tool's output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Foreign, Media, Refusal, Text
from ajar.wire.data_url import data_url
from ajar.wire.json_fields import said
from ajar.wire.mime import audio_format, extension_of
from ajar.wire.openai_responses.annotations import flat_annotations
from ajar.wire.openai_responses.content_read import PART
from ajar.wire.openai_responses.written import fields_of, form_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.openai_responses.target import Target

_SHARED_WITH_CHAT = ("prompt_cache_breakpoint",)
"""Fields of a text that Chat Completions has too, with the same meaning."""


def write_content(parts: Sequence[Part], own: str, target: Target) -> list[Rest]:
    """The parts. `own` is the type of a text here. What cannot stand in content is lost."""
    written: list[Rest] = []
    for part in parts:
        value = _part(part, own, target)
        if value is not None:
            written.append(value)
    return written


def _part(part: Part, own: str, target: Target) -> Rest | None:
    if isinstance(part, Text):
        return write_text(part, own, target)
    if isinstance(part, Refusal):
        if own == "output_text":
            return {"type": "refusal", "refusal": part.text, **target.rest("refusal", part.rest)}
        return {"type": own, "text": part.text}
    if isinstance(part, Media):
        return _media(part, own, target)
    if isinstance(part, Foreign):
        return part.value if target.foreign(part) and part.kind.startswith(PART) else None
    target.lose("messages")  # a call or a result in another's turn
    return None


def write_text(part: Text, own: str, target: Target) -> Rest:
    """One text."""
    value: Rest = {"type": own, "text": part.text}
    if part.cache is not None:
        target.lose("cache_control")
    if part.opaque is not None:
        target.lose("thought_signature")
    if target.own:
        if part.annotations is not None:
            value["annotations"] = part.annotations
        value.update(fields_of(part.rest))
        return value
    for name in said(part.rest):
        if target.source == "openai-chat" and name in _SHARED_WITH_CHAT:
            value[name] = part.rest[name]
        else:
            target.losses.add_rest("content", (name,))
    annotations: list[Any] = []
    if part.annotations:
        flat = flat_annotations(part.annotations, target.source) if own == "output_text" else None
        if flat is None:
            target.lose("annotations")
        else:
            annotations = flat
    if own == "output_text":
        value["annotations"] = annotations
    return value


def _media(part: Media, own: str, target: Target) -> Rest | None:
    if part.cache is not None:
        target.lose("cache_control")
    if not target.own and own == "output_text":
        target.lose(part.kind)
        return None
    if part.text is not None:
        if part.name is not None:
            target.lose("name")
        return {"type": own, "text": part.text}
    if part.file_id is not None and not target.own:
        target.lose("file_id")
        return None
    if form_of(part.rest) or part.kind == "document":
        value = _file(part)
    elif part.kind == "image":
        value = {"type": "input_image", **_located(part, "image_url")}
        if part.detail is not None:
            value["detail"] = part.detail
    elif not target.own:
        target.lose(part.kind)
        return None
    elif part.kind == "audio":
        return _audio(part, fields_of(part.rest))
    else:
        value = {"type": "input_video", **_located(part, "video_url")}
    rest = target.rest("content", part.rest)
    value.update(rest)
    return value


def _file(part: Media) -> Rest:
    value: Rest = {"type": "input_file"}
    if part.url is not None:
        value["file_url"] = part.url
    elif part.file_id is not None:
        value["file_id"] = part.file_id
    elif form_of(part.rest) == "bare":
        value["file_data"] = part.data
    else:
        value["file_data"] = _data(part)
    if part.name is not None:
        value["filename"] = part.name
    elif part.data is not None and not form_of(part.rest):
        # OpenAI wants one beside `file_data`.
        value["filename"] = f"file.{extension_of(part.mime or '') or 'bin'}"
    return value


def _located(part: Media, name: str) -> Rest:
    if part.url is not None:
        return {name: part.url}
    if part.file_id is not None:
        return {"file_id": part.file_id}
    return {name: _data(part)}


def _data(part: Media) -> str:
    return data_url(part.mime or "application/octet-stream", part.data or "")


def _audio(part: Media, rest: Rest) -> Rest:
    """A sound, as only a Responses request itself can bring it."""
    inner = {"data": part.data or "", "format": audio_format(part.mime or ""), **rest.get("input_audio", {})}
    return {"type": "input_audio", **rest, "input_audio": inner}
