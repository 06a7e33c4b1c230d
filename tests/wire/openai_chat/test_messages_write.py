"""Turns of other formats become messages that this API accepts: nothing is out of order, and no media vanish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message
from ajar.wire.back import Back
from ajar.wire.openai_chat.ids import short_id
from ajar.wire.openai_chat.request_read import read_request
from ajar.wire.openai_chat.request_write import write_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Format

IMAGE = Media("image", "image/png", "AA==")
WRITTEN = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


def write(
    messages: list[Message],
    *quirks: str,
    came_in: Format = "anthropic",
    keeps: Callable[[str], bool] = lambda value: False,
    reasoning_field: str = "reasoning_content",
) -> tuple[list[Any], tuple[str, ...]]:
    losses = Losses()
    request = ChatRequest(format=came_in, model="m", messages=messages)
    back = Back(model="up", keeps=keeps, quirks=frozenset(quirks), reasoning_field=reasoning_field)
    return json.loads(write_request(request, back, losses))["messages"], losses.names


def calls(*names: str) -> Message:
    return Message("assistant", [ToolCall(name, "f", "{}") for name in names])


def results(*names: str) -> Message:
    return Message("tool", [ToolResult(name, [Text(name.upper())]) for name in names])


def test_media_in_results_follow_all_results(valid_request: Callable[[bytes], Any]) -> None:
    messages = [
        calls("a", "b"),
        Message("tool", [ToolResult("a", [Text("see"), IMAGE]), ToolResult("b", [IMAGE])]),
        Message("assistant", [Text("ok")]),
    ]
    written, losses = write(messages)
    assert [message["role"] for message in written] == ["assistant", "tool", "tool", "user", "assistant"]
    assert [message["content"] for message in written[1:3]] == ["see", ""]
    assert written[3]["content"] == [
        {"type": "text", "text": "From the result of the tool call a:"},
        WRITTEN,
        {"type": "text", "text": "From the result of the tool call b:"},
        WRITTEN,
    ]
    assert losses == ()
    request = ChatRequest(format="anthropic", model="m", messages=messages)
    valid_request(write_request(request, Back(model="up"), Losses()))


def test_media_in_results_join_the_user_turn_that_follows() -> None:
    messages = [calls("a"), Message("tool", [ToolResult("a", [IMAGE])]), Message("user", [Text("and?")])]
    written, _ = write(messages)
    assert [message["role"] for message in written] == ["assistant", "tool", "user"]
    assert written[2]["content"][1:] == [WRITTEN, {"type": "text", "text": "and?"}]
    assert write(messages[:2])[0][2]["content"][1:] == [WRITTEN]


def test_results_move_to_their_calls() -> None:
    messages = [
        calls("a"),
        calls("b"),
        Message("user", [Text("wait")]),
        results("b", "a", "orphan"),
        Message("user", [Text("go")]),
    ]
    written, _ = write(messages, came_in="openai-responses")
    assert [(message["role"], message.get("tool_call_id")) for message in written] == [
        ("assistant", None),
        ("tool", "a"),
        ("assistant", None),
        ("tool", "b"),
        ("user", None),
        ("tool", "orphan"),
        ("user", None),
    ]


@pytest.mark.parametrize(
    ("part", "quirk", "wanted", "losses"),
    [
        (IMAGE, "", WRITTEN, ()),
        (
            Media("image", url="https://x/y", detail="low"),
            "",
            {"type": "image_url", "image_url": {"url": "https://x/y", "detail": "low"}},
            (),
        ),
        (
            Media("document", "application/pdf", "AA=="),
            "",
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "document.pdf"}},
            (),
        ),
        (Media("document", file_id="f", name="n"), "", {"type": "file", "file": {"file_id": "f", "filename": "n"}}, ()),
        (
            Media("document", url="https://x/y.pdf", name="y"),
            "file_url",
            {"type": "file", "file": {"file_data": "https://x/y.pdf", "filename": "y"}},
            (),
        ),
        (
            Media("audio", "audio/mpeg", "AA=="),
            "",
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            (),
        ),
        (Media("video", url="u://"), "video_url", {"type": "video_url", "video_url": {"url": "u://"}}, ()),
        (Media("document", text="plain", name="t"), "", {"type": "text", "text": "plain"}, ("document.title",)),
        (Media("document", url="https://x/y.pdf"), "", None, ("content.document.url",)),
        (Media("image", file_id="f"), "", None, ("content.image.file_id",)),
        (Media("audio", url="u"), "", None, ("content.audio.url",)),
        (Media("video", url="u"), "", None, ("content.video",)),
        (Media("document", "application/pdf", "AA=="), "image_url_only", None, ("content.document",)),
        (Media("audio", "audio/wav", "AA=="), "image_url_only", None, ("content.audio",)),
        (Foreign("anthropic", "search_result", {}), "", None, ("search_result",)),
    ],
)
def test_media(part: Part, quirk: str, wanted: Any, losses: tuple[str, ...]) -> None:
    (message,), lost = write([Message("user", [Text("a"), part])], quirk)
    if wanted is None:
        assert message["content"] == "a"
    else:
        assert message["content"] == [{"type": "text", "text": "a"}, wanted]
    assert lost == losses


def test_what_is_empty_is_still_there() -> None:
    messages = [Message("user", []), Message("assistant", []), calls("a"), Message("tool", [ToolResult("a", [])])]
    written, _ = write(messages)
    assert [message["content"] for message in written] == ["", "", None, ""]


def test_quirks() -> None:
    messages = [
        Message("developer", [Text("a"), Text("b", cache={"type": "ephemeral"})]),
        Message("assistant", [Text("c", cache={"type": "ephemeral"}), ToolCall("toolu_1", "f", "{}")]),
        Message("tool", [ToolResult("toolu_1", [Text("d")], is_error=True, cache={"type": "ephemeral"})]),
    ]
    written, losses = write(messages, "no_developer", "string_content", "short_ids")
    assert written[0] == {"role": "system", "content": "a\n\nb"}
    name = short_id("toolu_1")
    assert written[1]["tool_calls"][0]["id"] == written[2]["tool_call_id"] == name
    assert (len(name), name.isalnum(), short_id(name)) == (9, True, name)
    assert losses == ("cache_control", "tool_result.is_error")
    written, losses = write(messages, "cache_control")
    mark = {"cache_control": {"type": "ephemeral"}}
    assert written[0]["content"][1] == {"type": "text", "text": "b", **mark}
    assert written[1]["content"] == [{"type": "text", "text": "c", **mark}]
    assert written[2]["content"] == [{"type": "text", "text": "d", **mark}]
    assert losses == ("tool_result.is_error",)


THOUGHTS = [
    Message("assistant", [Reasoning("hm", "sig"), Text("a")]),
    Message("assistant", [Reasoning("so"), ToolCall("1", "f", "{}")]),
    Message("assistant", [ToolCall("2", "f", "{}")]),
]


def test_thoughts_go_nowhere_else() -> None:
    written, losses = write(THOUGHTS)
    assert not any("reason" in key for message in written for key in message)
    assert losses == ("thinking.signature", "thinking")


def test_thoughts_go_back_with_calls() -> None:
    written, losses = write(THOUGHTS, "reasoning_back", reasoning_field="reasoning")
    assert [message.get("reasoning") for message in written] == [None, "so", ""]
    assert losses == ("thinking.signature",)


def test_thoughts_go_back_to_their_issuer() -> None:
    written, losses = write(
        [Message("assistant", [Reasoning("hm", "sig"), Reasoning(opaque="x", redacted=True), Text("a", opaque="t")])],
        keeps=lambda value: value in {"sig", "t"},
    )
    assert written[0]["reasoning_details"] == [{"type": "reasoning.text", "text": "hm", "signature": "sig"}]
    assert written[0]["extra_content"] == {"google": {"thought_signature": "t"}}
    assert losses == ("redacted_thinking",)
    item = Reasoning("sum", "enc", id="rs_1", summary=True)
    written, losses = write([Message("assistant", [item])], came_in="openai-responses", keeps=lambda value: True)
    assert written[0]["reasoning_details"] == [
        {"type": "reasoning.summary", "summary": "sum", "id": "rs_1"},
        {"type": "reasoning.encrypted", "data": "enc", "id": "rs_1"},
    ]
    assert write([Message("assistant", [item])], came_in="openai-responses")[1] == (
        "reasoning.encrypted_content",
        "reasoning",
    )


def test_the_same_format_too_loses_what_the_deployment_did_not_issue() -> None:
    details = [
        {"type": "reasoning.text", "text": "a", "signature": "mine", "index": 0},
        {"type": "reasoning.encrypted", "data": "not mine", "index": 1},
    ]
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "nor this"}},
    }
    message = {"role": "assistant", "reasoning": "a", "reasoning_details": details, "tool_calls": [call]}
    request = read_request(json.dumps({"model": "m", "messages": [message]}).encode())
    losses = Losses()
    back = Back(model="m", keeps=lambda value: value == "mine")
    (written,) = json.loads(write_request(request, back, losses))["messages"]
    assert written["reasoning_details"] == details[:1]
    assert written["reasoning"] == "a"
    assert "extra_content" not in written["tool_calls"][0]
    assert losses.names == ("thought_signature", "reasoning_details.data")


def test_a_refusal_and_citations() -> None:
    messages = [
        Message("assistant", [Refusal("no")]),
        Message("assistant", [Text("a", annotations=[{}]), Foreign("anthropic", "server_tool_use", {})]),
    ]
    written, losses = write(messages)
    assert written == [
        {"role": "assistant", "content": None, "refusal": "no"},
        {"role": "assistant", "content": "a"},
    ]
    assert losses == ("server_tool_use", "content.citations")
