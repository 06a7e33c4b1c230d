"""Images, sounds, films and documents: `inlineData` and `fileData`."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Media
from ajar.errors import InvalidField
from ajar.wire.gemini.names import name_of
from ajar.wire.gemini.spelling import inner
from ajar.wire.mime import kind_of, mime_of_name

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.wire.json_fields import Fields
    from ajar.wire.mime import Kind

_USUAL: dict[Kind, str] = {
    "image": "image/jpeg",
    "audio": "audio/mpeg",
    "video": "video/mp4",
    "document": "application/pdf",
}
"""A type is required. A URL without one is taken for the commonest of its kind."""

_FILES = "https://generativelanguage.googleapis.com/"
_standard = str.maketrans("-_", "+/")


def read_media(fields: Fields) -> Media | None:
    """The media that a part is, its fields taken out; None where it is none. Raises InvalidField."""
    blob = inner(fields, "inlineData")
    if blob is not None:
        mime = blob.text("mimeType")
        if mime is None:
            mime = "application/octet-stream"
        data = blob.text("data") or ""
        if "-" in data or "_" in data:
            data = data.translate(_standard)
        media = Media(kind_of(mime), mime, data=data, name=blob.text("displayName"))
        return _with_rest(media, "inlineData", blob, fields)
    file = inner(fields, "fileData")
    if file is None:
        return None
    mime = file.text("mimeType")
    uri = file.text("fileUri") or ""
    media = Media(kind_of(mime or mime_of_name(uri) or ""), mime, name=file.text("displayName"))
    if uri.startswith(("http://", "https://", "gs://")) and not uri.startswith(_FILES):
        media.url = uri
    else:
        media.file_id = uri
    return _with_rest(media, "fileData", file, fields)


def _with_rest(media: Media, name: str, inside: Fields, fields: Fields) -> Media:
    media.rest = fields.rest()
    if inside.rest():
        media.rest[name] = inside.rest()
    return media


def write_media(media: Media, origin: Format, losses: Losses) -> Rest:
    """The part, without its `rest`."""
    if origin == "gemini":
        return _own(media)
    if media.name:
        losses.add(name_of(origin, "file_name"))
    if media.detail is not None and media.detail != "auto":
        losses.add(name_of(origin, "detail"))
    if media.cache is not None:
        losses.add("cache_control")
    if media.text is not None:
        return _blob(media.mime or "text/plain", b64encode(media.text.encode()).decode())
    if media.data is not None:
        mime = media.mime or (media.name and mime_of_name(media.name)) or _USUAL[media.kind]
        return _blob(mime.partition(";")[0], media.data)
    where = media.url or media.file_id or ""
    if where.startswith((_FILES, "gs://")):
        # It would be read with the operator's rights, not with the caller's.
        raise InvalidField("a file that lies with the provider cannot be named here: send its data", param="messages")
    known = media.mime or mime_of_name(where.partition("?")[0].partition("#")[0])
    if known is None and media.url is None:
        return {"fileData": {"fileUri": where}}  # a file that Google holds has a type there
    return {"fileData": {"mimeType": known or _USUAL[media.kind], "fileUri": where}}


def _own(media: Media) -> Rest:
    inside: dict[str, Any] = {}
    name = "fileData" if media.data is None else "inlineData"
    if media.mime is not None:
        inside["mimeType"] = media.mime
    if media.data is not None:
        inside["data"] = media.data
    else:
        inside["fileUri"] = media.url or media.file_id or ""
    if media.name is not None:
        inside["displayName"] = media.name
    return {name: inside | media.rest.get(name, {})}


def _blob(mime: str, data: str) -> Rest:
    return {"inlineData": {"mimeType": mime, "data": data}}
