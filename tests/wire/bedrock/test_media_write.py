"""Images, documents, sounds and films."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Media, Part, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message
from ajar.wire.back import Back
from ajar.wire.bedrock.kinds import FORMATS, format_of
from ajar.wire.bedrock.request_write import write_request

Valid = Callable[[bytes], dict[str, Any]]


def write(valid: Valid, *parts: Part) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The blocks after a text."""
    request = ChatRequest(format="anthropic", model="m", messages=[Message("user", [Text("a"), *parts])])
    losses = Losses()
    body = valid(write_request(request, Back(model="anthropic.claude-sonnet-4-6"), losses))
    return body["messages"][0]["content"][1:], losses.names


def document(name: str | None) -> Media:
    return Media("document", "application/pdf", "AAAA", name=name)


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        (Media("image", "image/jpeg", "AAAA", detail="auto"), {"format": "jpeg", "source": {"bytes": "AAAA"}}),
        (Media("image", "image/JPG; a=b", "AAAA"), {"format": "jpeg", "source": {"bytes": "AAAA"}}),
        (Media("audio", "audio/wav", "AAAA"), {"format": "wav", "source": {"bytes": "AAAA"}}),
        (Media("audio", "audio/mpeg", "AAAA"), {"format": "mpeg", "source": {"bytes": "AAAA"}}),
    ],
)
def test_sent(valid: Valid, part: Media, wanted: dict[str, Any]) -> None:
    assert write(valid, part) == ([{part.kind: wanted}], ())


@pytest.mark.parametrize(
    ("part", "loss"),
    [
        (Media("image", url="https://example.com/a.png"), "content.image_url"),
        (Media("document", url="https://example.com/a.pdf"), "content.document_url"),
        (Media("image", file_id="file_1"), "content.file_id"),
        (Media("image", "image/tiff", "AAAA"), "content.image"),
        (Media("image", "image/png", ""), "content.image"),
        (Media("document", "application/zip", "AAAA"), "content.document"),
        (Media("video", url="s3://bucket/a"), "content.video_url"),
        (Media("image", url="s3://bucket/a.webp"), "content.image_url"),  # it would be read with the operator's rights
    ],
)
def test_not_sent(valid: Valid, part: Media, loss: str) -> None:
    assert write(valid, part) == ([], (loss,))


def test_what_is_said_about_a_picture(valid: Valid) -> None:
    part = Media("image", "image/png", "AAAA", name="a.png", detail="low", rest={"new": 1})
    blocks, losses = write(valid, part)
    assert blocks == [{"image": {"format": "png", "source": {"bytes": "AAAA"}}}]
    assert losses == ("content.detail", "content.name", "content.new")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, "document"),
        ("", "document"),
        ("Report.PDF", "Report"),
        ("a_b/c.d  e\n(1)[x]", "a-b-c-d e-(1)[x]"),
        ("日本語.pdf", "document"),
        (" spaced  out ", "spaced out"),
        ("x" * 300, "x" * 180),
    ],
)
def test_document_names(valid: Valid, given: str | None, wanted: str) -> None:
    blocks, losses = write(valid, document(given))
    assert blocks[0]["document"]["name"] == wanted
    assert losses == ()


def test_no_name_twice(valid: Valid) -> None:
    result = ToolResult("t", [document("Report.pdf")])
    request = ChatRequest(
        format="openai-chat",
        model="m",
        messages=[
            Message("user", [Text("a"), document("report.pdf"), document(None), document(None)]),
            Message("assistant", [ToolCall("t", "f", "{}")]),
            Message("tool", [result]),
        ],
    )
    body = valid(write_request(request, Back(model="anthropic.claude-sonnet-4-6"), Losses()))
    names = [block["document"]["name"] for block in body["messages"][0]["content"][1:]]
    assert names == ["report", "document", "document (2)"]
    assert body["messages"][2]["content"][0]["toolResult"]["content"][0]["document"]["name"] == "Report (2)"


def test_a_document_needs_a_text_beside_it(valid: Valid) -> None:
    request = ChatRequest(format="anthropic", model="m", messages=[Message("user", [document("a.pdf")])])
    body = valid(write_request(request, Back(model="anthropic.claude-sonnet-4-6"), Losses()))
    assert body["messages"][0]["content"][1] == {"text": "Document: a"}


def test_a_document_of_text_goes_as_a_file(valid: Valid) -> None:
    part = Media("document", text="hällo", name="n", rest={"context": "c", "citations": {"enabled": True}, "new": 1})
    blocks, losses = write(valid, part)
    assert blocks == [
        {
            "document": {
                "format": "txt",
                "name": "n",
                "source": {"bytes": base64.b64encode("hällo".encode()).decode()},
                "context": "c",
                "citations": {"enabled": True},
            }
        }
    ]
    assert losses == ("content.new",)


def test_formats_are_those_of_the_service() -> None:
    from botocore.session import Session

    model = Session().get_service_model("bedrock-runtime")
    for kind, formats in FORMATS.items():
        assert sorted(formats) == sorted(model.shape_for(f"{kind.title()}Format").metadata["enum"])
        assert len(set(formats.values())) == len(formats)
        for name, mime in formats.items():
            assert format_of(kind, mime) == name


@pytest.mark.parametrize(
    ("mime", "name", "wanted"),
    [
        ("text/x-python", None, "txt"),
        ("application/json", None, "txt"),
        ("application/octet-stream", "a.docx", "docx"),
        (None, "a.htm", "html"),
        (None, None, None),
        ("application/zip", "a.pdf", None),
    ],
)
def test_kinds_of_documents(mime: str | None, name: str | None, wanted: str | None) -> None:
    assert format_of("document", mime, name) == wanted
