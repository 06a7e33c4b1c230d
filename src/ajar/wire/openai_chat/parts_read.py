"""The parts of a message's content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Foreign, Media, Refusal, Text
from ajar.wire.data_url import parse_data_url
from ajar.wire.json_fields import Fields
from ajar.wire.mime import kind_of, mime_of_audio, mime_of_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.wire.mime import Kind


def read_part(value: dict[str, Any], path: str, at: int) -> Text | Media | Refusal | Foreign:
    """The content part `value`, element `at` of the list `path`. Raises InvalidField."""
    if value.get("type") == "text":
        if len(value) == 2 and type(value.get("text")) is str:
            return Text(value["text"])
        fields = Fields(value, f"{path}[{at}]")
        fields.take("type")
        return Text(fields.needed("text"), cache=fields.obj("cache_control"), rest=value)
    fields = Fields(value, f"{path}[{at}]")
    kind = fields.needed("type")
    if kind == "refusal":
        return Refusal(fields.needed("refusal"), value)
    read = _READERS.get(kind)
    if read is None:
        return Foreign("openai-chat", kind, {"type": kind, **value})
    inner = fields.inner(kind)
    if inner is None:
        fields.refuse(kind, "is missing")
    media = read(inner)
    if inner.rest():
        value[kind] = inner.rest()  # what is unknown inside goes with what is unknown beside it
    media.cache = fields.obj("cache_control")
    media.rest = fields.rest()
    return media


def _image(inner: Fields) -> Media:
    media = _located("image", inner.needed("url"))
    media.detail = inner.text("detail")
    return media


def _video(inner: Fields) -> Media:
    return _located("video", inner.needed("url"))


def _audio(inner: Fields) -> Media:
    return Media("audio", mime_of_audio(inner.needed("format")), inner.needed("data"))


def _file(inner: Fields) -> Media:
    name = inner.text("filename")
    data = inner.text("file_data")
    if data is not None:
        media = _located("document", data, mime_of_name(name or "") or "application/pdf")
    else:
        media = Media("document", file_id=inner.text("file_id"))
        if media.file_id is None:
            inner.refuse("file_data", "or `file_id` is missing")
    media.name = name
    return media


def _located(kind: Kind, url: str, otherwise: str | None = None) -> Media:
    """Media from a URL, which may hold the data itself. With `otherwise`, what is no URL is data of that type."""
    parsed = parse_data_url(url)
    if parsed is not None:
        if kind == "document":
            kind = kind_of(parsed.mime)
        return Media(kind, parsed.mime, parsed.data)
    if otherwise is not None and "://" not in url[:20]:
        return Media(kind_of(otherwise), otherwise, url)
    return Media(kind, url=url)


_READERS: dict[str, Callable[[Fields], Media]] = {
    "image_url": _image,
    "video_url": _video,
    "input_audio": _audio,
    "file": _file,
}
