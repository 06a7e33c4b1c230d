"""Chat Completions messages as Inspect writes them."""

from __future__ import annotations

from ajar.evals.exports.messages import call, message, plain
from ajar.evals.exports.target import texts


def test_roles_that_inspect_does_not_know() -> None:
    assert message({"role": "developer", "content": "x"})["role"] == "system"
    assert message({"role": "odd", "content": "x"})["role"] == "user"


def test_parts_of_a_content() -> None:
    parts = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
        {"type": "input_audio", "input_audio": {"data": "AA"}},
    ]
    assert message({"role": "user", "content": parts})["content"] == [
        {"type": "text", "text": "See"},
        {"type": "image", "image": "data:image/png;base64,AA=="},
        {"type": "text", "text": '{"type": "input_audio", "input_audio": {"data": "AA"}}'},
    ]


def test_a_tool_and_its_answer() -> None:
    asked = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
    assert message({"role": "assistant", "content": None, "tool_calls": [asked]})["tool_calls"] == [
        {"id": "c1", "function": "find", "type": "function", "arguments": {"q": 1}}
    ]
    assert message({"role": "tool", "content": "7", "tool_call_id": "c1"})["tool_call_id"] == "c1"


def test_arguments_that_are_no_json_object_are_kept() -> None:
    for given in ("{oops", "[1]"):
        written = call("c1", "find", given)
        assert written["arguments"] == {"arguments": given}
        assert written["parse_error"]
    assert call("c1", "find", "")["arguments"] == {}


def test_messages_as_one_text() -> None:
    assert plain([{"role": "user", "content": "Hi"}]) == "Hi"
    assert plain([{"role": "system", "content": "Be kind"}, {"role": "user", "content": [{"text": "Hi"}]}]) == (
        "system: Be kind\n\nuser: Hi"
    )


def test_targets_are_texts() -> None:
    assert texts(None) == []
    assert texts("a") == ["a"]
    assert texts(["a", 1]) == ["a", "1"]
    assert texts({"é": 1}) == ['{"é": 1}']
