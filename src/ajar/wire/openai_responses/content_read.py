"""The content of a message or of a tool's output: a list of typed parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ajar.domain.dialog.parts import Foreign, Media, Refusal, Text
from ajar.wire.data_url import parse_data_url
from ajar.wire.json_fields import Fields, object_of
from ajar.wire.mime import kind_of, mime_of_audio, mime_of_name
from ajar.wire.openai_responses.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

Content: TypeAlias = Text | Media | Refusal | Foreign

FORMAT = "openai-responses"
PART = "content."
"""Begins the kind of a `Foreign` that is a part of a message; without it, it is an item."""

_TEXTS = frozenset({"input_text", "output_text", "text"})
_QUIET_TEXT = frozenset({"type", "logprobs"})
_TYPE = frozenset({"type"})


def read_content(values: list[Any], path: str, own: str) -> list[Content]:
    """The parts. `own` is the usual type of a text here: `input_text`, or `output_text` where the model speaks.

    Raises InvalidField.
    """
    return [_part(object_of(value, path, at), path, at, own) for at, value in enumerate(values)]


def _part(value: dict[str, Any], path: str, at: int, own: str) -> Content:
    kind = value.get("type")
    if kind == own and len(value) == 2 and type(text := value.get("text")) is str:
        return Text(text)
    fields = Fields(value, f"{path}[{at}]")
    if type(kind) is not str:
        fields.refuse("type", "is missing" if kind is None else "must be a string")
    if kind in _TEXTS:
        return _text(fields, kind, own)
    read = _READERS.get(kind)
    if read is None:
        return Foreign(FORMAT, PART + kind, value)
    del value["type"]
    return read(fields)


def _text(fields: Fields, kind: str, own: str) -> Text:
    text = fields.needed("text")
    annotations = fields.array("annotations")
    rest = fields.rest()
    if kind == own:
        del rest["type"]
    return Text(text, annotations=annotations, rest=Written(rest, silent=_QUIET_TEXT) if rest else {})


def _refusal(fields: Fields) -> Refusal:
    return Refusal(fields.needed("refusal"), fields.rest())


def _image(fields: Fields) -> Media:
    part = Media("image", detail=fields.text("detail"))
    if fields.peek("image_url") is not None:
        _locate(part, fields, "image_url")
    else:
        part.file_id = fields.text("file_id")
        if part.file_id is None:
            fields.refuse("image_url", "is missing")
    return _with_rest(part, fields)


def _video(fields: Fields) -> Media:
    part = Media("video")
    _locate(part, fields, "video_url")
    return _with_rest(part, fields)


def _file(fields: Fields) -> Media:
    part = Media("document", name=fields.text("filename"))
    if fields.peek("file_data") is not None:
        _locate(part, fields, "file_data")
        if part.url is not None:  # bare base64, of which only the name says what it is
            part.data, part.url = part.url, None
            part.mime = mime_of_name(part.name or "") or "application/octet-stream"
            part.rest = Written({}, "bare")
    elif fields.peek("file_url") is not None:
        _locate(part, fields, "file_url")
    else:
        part.file_id = fields.text("file_id")
        if part.file_id is None:
            fields.refuse("file_data", "is missing")
    if part.mime is not None:
        part.kind = kind_of(part.mime)
    return _with_rest(part, fields, "file")


def _audio(fields: Fields) -> Media:
    inner = fields.inner("input_audio")
    if inner is None:
        fields.refuse("input_audio", "is missing")
    mime = mime_of_audio(inner.needed("format"))
    part = Media("audio", mime, inner.needed("data"))
    if inner.rest():
        fields.rest()["input_audio"] = inner.rest()
    return _with_rest(part, fields)


def _locate(part: Media, fields: Fields, name: str) -> None:
    """Set `data` from a `data:` URL, `url` from any other."""
    url = fields.needed(name)
    parsed = parse_data_url(url)
    if parsed is None:
        part.url = url
        return
    part.mime, part.data = parsed
    # A URL that would be written another way is kept as it is.
    if len(url) != len(parsed.mime) + len(parsed.data) + 13 or not url.startswith(f"data:{parsed.mime};base64,"):
        part.rest = Written({name: url}, silent={name})


def _with_rest(part: Media, fields: Fields, form: str = "") -> Media:
    """Put back beside the part's fields what was not read; `form` is the part's own type where its kind is another."""
    rest = fields.rest()
    spelt = part.rest if type(part.rest) is Written else None
    if spelt is not None:
        rest.update(spelt.fields)
        part.rest = Written(rest, spelt.form or form, silent=spelt.fields)
    elif rest or form:
        part.rest = Written(rest, form, silent=_TYPE)
    return part


_READERS: dict[str, Callable[[Fields], Content]] = {
    "refusal": _refusal,
    "input_image": _image,
    "input_video": _video,
    "input_file": _file,
    "input_audio": _audio,
}
