"""Media types and their other names."""

from __future__ import annotations

import pytest

from ajar.wire.mime import audio_format, extension_of, kind_of, mime_of_audio, mime_of_name


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/png", "image"),
        ("audio/wav", "audio"),
        ("video/mp4", "video"),
        ("text/csv", "document"),
        ("", "document"),
    ],
)
def test_kinds(mime: str, kind: str) -> None:
    assert kind_of(mime) == kind


@pytest.mark.parametrize(
    ("name", "mime"),
    [("a.PDF", "application/pdf"), ("a.b.jpg", "image/jpeg"), ("a", None), ("a.xyz", None), ("", None)],
)
def test_names(name: str, mime: str | None) -> None:
    assert mime_of_name(name) == mime


@pytest.mark.parametrize("name", ["mp3", "wav", "flac", "opus", "aac"])
def test_audio(name: str) -> None:
    assert audio_format(mime_of_audio(name)) == name


def test_extensions() -> None:
    assert extension_of("text/plain;charset=utf-8") == "txt"
    assert extension_of("image/jpeg") == "jpg"
    assert extension_of("application/x-unknown") is None
