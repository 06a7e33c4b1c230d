"""Converse's names for kinds of files, and the MIME types that they stand for."""

from __future__ import annotations

from typing import Literal

MediaKind = Literal["image", "audio", "video", "document"]

FORMATS: dict[MediaKind, dict[str, str]] = {
    "image": {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"},
    "document": {
        "pdf": "application/pdf",
        "csv": "text/csv",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "html": "text/html",
        "txt": "text/plain",
        "md": "text/markdown",
    },
    "audio": {
        "mp3": "audio/mp3",
        "mpeg": "audio/mpeg",
        "mpga": "audio/mpga",
        "opus": "audio/opus",
        "wav": "audio/wav",
        "aac": "audio/aac",
        "x-aac": "audio/x-aac",
        "flac": "audio/flac",
        "mp4": "audio/mp4",
        "m4a": "audio/m4a",
        "ogg": "audio/ogg",
        "mkv": "audio/x-matroska",
        "mka": "audio/matroska",
        "pcm": "audio/pcm",
        "webm": "audio/webm",
    },
    "video": {
        "mkv": "video/x-matroska",
        "mov": "video/quicktime",
        "mp4": "video/mp4",
        "webm": "video/webm",
        "flv": "video/x-flv",
        "mpeg": "video/mpeg",
        "mpg": "video/mpg",
        "wmv": "video/x-ms-wmv",
        "three_gp": "video/3gpp",
    },
}
"""By format; each MIME type once, so that what was read can be written back."""

_ALIASES: dict[MediaKind, dict[str, str]] = {
    "image": {"image/jpg": "jpeg"},
    "document": {"application/xhtml+xml": "html", "text/x-markdown": "md", "application/csv": "csv"},
    "audio": {
        "audio/x-wav": "wav",
        "audio/wave": "wav",
        "audio/vnd.wave": "wav",
        "audio/x-flac": "flac",
        "audio/x-m4a": "m4a",
        "audio/l16": "pcm",
        "audio/pcm16": "pcm",
    },
    "video": {"video/matroska": "mkv", "video/mov": "mov", "video/x-m4v": "mp4"},
}

_WRITTEN = {kind: {mime: name for name, mime in formats.items()} | _ALIASES[kind] for kind, formats in FORMATS.items()}
_TEXTUAL = ("application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript")


def format_of(kind: MediaKind, mime: str | None, name: str | None = None) -> str | None:
    """The format of a file with this MIME type (where that tells nothing, of this file name).

    None where Converse has none for it. Any kind of text that has no format may go as a document of plain text.
    """
    mime = (mime or "").partition(";")[0].strip().lower()
    if mime in ("", "application/octet-stream"):
        ending = (name or "").rpartition(".")[2].lower()
        ending = {"jpg": "jpeg", "htm": "html", "3gp": "three_gp"}.get(ending, ending)
        return ending if ending in FORMATS[kind] else None
    found = _WRITTEN[kind].get(mime)
    if found is None and kind == "document" and (mime.startswith("text/") or mime in _TEXTUAL):
        return "txt"
    return found
