"""Media types: which kind of media they are, and what they are called elsewhere."""

from __future__ import annotations

from typing import Literal

Kind = Literal["image", "audio", "video", "document"]

_KINDS: dict[str, Kind] = {"image": "image", "audio": "audio", "video": "video"}
_AUDIO = {"mp3": "audio/mpeg", "wav": "audio/wav"}
_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/vnd.wave": "wav",
    "audio/x-flac": "flac",
    "audio/x-m4a": "m4a",
}
_NAMES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
_EXTENSIONS = {mime: extension for extension, mime in _NAMES.items()} | {"image/jpeg": "jpg", "text/html": "html"}


def kind_of(mime: str) -> Kind:
    """Which kind of media a type is."""
    return _KINDS.get(mime.partition("/")[0], "document")


def mime_of_name(name: str) -> str | None:
    """The type that a file's name tells; None where it tells none that is known."""
    return _NAMES.get(name.rpartition(".")[2].lower())


def extension_of(mime: str) -> str | None:
    """The usual end of a file's name, without the dot, for a type with or without parameters."""
    return _EXTENSIONS.get(mime.partition(";")[0])


def mime_of_audio(name: str) -> str:
    """The type of an audio format that goes by its short name, as OpenAI and Bedrock have it."""
    return _AUDIO.get(name, f"audio/{name}")


def audio_format(mime: str) -> str:
    """The short name of an audio type."""
    return _AUDIO_FORMATS.get(mime, mime.partition("/")[2])
