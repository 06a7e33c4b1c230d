"""Messages as turns and blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Format, Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, Role
from ajar.errors import InvalidField
from ajar.wire.back import Back
from ajar.wire.bedrock.request_write import write_request

CLAUDE = "us.anthropic.claude-sonnet-4-6"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"
MINIMAX = "minimax.minimax-m2"
CACHE = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}
PNG = Media("image", "image/png", "AAAA")

Valid = Callable[[bytes], dict[str, Any]]


def write(
    valid: Valid,
    *messages: tuple[Role, list[Part]],
    source: Format = "anthropic",
    model: str = CLAUDE,
    keeps: Callable[[str], bool] = lambda _: True,
    quirks: frozenset[str] = frozenset(),
    **options: Any,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    request = ChatRequest(
        format=source, model="m", messages=[Message(role, parts) for role, parts in messages], **options
    )
    losses = Losses()
    body = valid(write_request(request, Back(model=model, keeps=keeps, quirks=quirks), losses))
    return body, losses.names


def turns(valid: Valid, *messages: tuple[Role, list[Part]], **options: Any) -> Any:
    return write(valid, *messages, **options)[0]["messages"]


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def model(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def use(call_id: str = "t", value: Any = None) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call_id, "name": "f", "input": value or {}}}


def result(*content: Any, call_id: str = "t", **others: Any) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": call_id, "content": list(content), **others}}


CALL: tuple[Role, list[Part]] = ("assistant", [ToolCall("t", "f", "{}")])


def test_results_come_first_in_one_turn(valid: Valid) -> None:
    found = turns(
        valid,
        ("user", [Text("a")]),
        ("assistant", [ToolCall("t", "f", '{"x": 1.50}'), ToolCall("u", "f", "")]),
        ("tool", [ToolResult("t", [Text("1")], is_error=False)]),
        ("user", [Text("b")]),
        ("tool", [ToolResult("u", [Text("2")], is_error=True, cache=CACHE)]),
        ("user", [Text("c")]),
    )
    assert found == [
        user({"text": "a"}),
        model(use("t", {"x": 1.5}), use("u")),
        user(
            result({"text": "1"}, status="success"),
            result({"text": "2"}, call_id="u", status="error"),
            POINT,
            {"text": "b"},
            {"text": "c"},
        ),
    ]


@pytest.mark.parametrize("between", [("assistant", [Text("so far")]), ("system", [Text("s")])])
def test_late_results_move_up_to_their_call(valid: Valid, between: tuple[Role, list[Part]]) -> None:
    given: list[tuple[Role, list[Part]]] = [("user", [Text("a")]), CALL, ("user", [Text("wait")]), between]
    found = turns(
        valid,
        *given,
        ("tool", [ToolResult("t", [Text("1")])]),
        source="openai-responses",
        quirks=frozenset({"mid_system"}),
    )
    assert found[1:3] == [model(use()), user(result({"text": "1"}), {"text": "wait"})]


def test_turns_of_one_role_are_joined(valid: Valid) -> None:
    found = turns(
        valid,
        ("user", [Text("a")]),
        ("user", [Text("b")]),
        ("assistant", [Text("c")]),
        ("assistant", [Text(" \n")]),
        ("assistant", [Text("d")]),
    )
    assert found == [user({"text": "a"}, {"text": "b"}), model({"text": "c"}, {"text": "d"})]


def test_an_answer_to_go_on_with_ends_in_words(valid: Valid) -> None:
    ask: tuple[Role, list[Part]] = ("user", [Text("a ")])
    assert turns(valid, ask, ("assistant", [Text("b "), Text("{ \n")])) == [
        user({"text": "a "}),
        model({"text": "b "}, {"text": "{"}),
    ]
    assert turns(valid, ask, ("assistant", [Text("b ", cache=CACHE)]))[1] == model({"text": "b"}, POINT)
    assert turns(valid, ask, ("assistant", [Text("b ")]), ("user", [Text("c ")]))[1:] == [
        model({"text": "b "}),
        user({"text": "c "}),
    ]


def test_a_turn_that_says_nothing_is_left_out(valid: Valid) -> None:
    assert turns(valid, ("user", [Text("a")]), ("assistant", []), ("user", [Text("b")])) == [
        user({"text": "a"}, {"text": "b"})
    ]


def test_system(valid: Valid) -> None:
    messages: list[tuple[Role, list[Part]]] = [
        ("system", [Text("s", cache={"type": "ephemeral", "ttl": "1h"}), PNG]),
        ("developer", [Text("d")]),
        ("user", [Text("a")]),
        ("system", [Text("late")]),
        ("user", [Text("b")]),
    ]
    body, losses = write(valid, *messages)
    assert body["system"] == [
        {"text": "s"},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"text": "d"},
        {"text": "late"},
    ]
    assert body["messages"] == [user({"text": "a"}, {"text": "b"})]
    assert losses == ("content.image", "messages.system_position")
    body, losses = write(valid, *messages, quirks=frozenset({"mid_system"}))
    assert [turn["role"] for turn in body["messages"]] == ["user", "system", "user"]
    assert losses == ("content.image",)


def test_names_are_lost(valid: Valid) -> None:
    losses = Losses()
    message = Message("user", [Text("a")], name="ann", rest={"new": 1})
    valid(write_request(ChatRequest(format="openai-chat", model="m", messages=[message]), Back(model=CLAUDE), losses))
    assert losses.names == ("messages.name", "messages.new")


def test_cache_points(valid: Valid) -> None:
    messages: list[tuple[Role, list[Part]]] = [
        ("user", [Text("a", cache=CACHE), Text("  ", cache=CACHE), Media("image", "image/png", "AAAA", cache=CACHE)]),
        ("assistant", [ToolCall("t", "f", "{}", cache=CACHE)]),
        ("tool", [ToolResult("t", [Text("1", cache=CACHE)])]),
        ("user", [Text("b")]),
    ]
    body, losses = write(valid, *messages, cache=CACHE)
    image = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
    assert body["messages"] == [
        user({"text": "a"}, POINT, image, POINT),
        model(use(), POINT),
        user(result({"text": "1"}), POINT, {"text": "b"}, POINT),
    ]
    assert losses == ()
    body, losses = write(valid, *messages, cache=CACHE, model=LLAMA)
    assert not any("cachePoint" in block for turn in body["messages"] for block in turn["content"])
    assert losses == ("cache_control",)


def test_thoughts_go_back_where_they_came_from(valid: Valid) -> None:
    thoughts: list[Part] = [Reasoning("hm", "sig"), Reasoning("", "empty"), Reasoning(opaque="AAAA", redacted=True)]
    messages: list[tuple[Role, list[Part]]] = [("user", [Text("a")]), ("assistant", [*thoughts, Text("b")])]
    body, losses = write(valid, *messages)
    assert body["messages"][1] == model(
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
        {"reasoningContent": {"reasoningText": {"text": "", "signature": "empty"}}},
        {"reasoningContent": {"redactedContent": "AAAA"}},
        {"text": "b"},
    )
    assert losses == ()


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("anthropic", "thinking.signature"),
        ("openai-responses", "reasoning.encrypted_content"),
        ("gemini", "thought_signature"),
    ],
)
def test_foreign_thoughts_do_not(valid: Valid, source: Format, name: str) -> None:
    thoughts: list[Part] = [Reasoning("", "sig"), Reasoning(opaque="AAAA", redacted=True)]
    messages: list[tuple[Role, list[Part]]] = [("user", [Text("a")]), ("assistant", [*thoughts, Text("b")])]
    body, losses = write(valid, *messages, source=source, keeps=lambda _: False)
    assert body["messages"][1] == model({"text": "b"})
    assert losses == (name,)


def test_thoughts_without_a_signature(valid: Valid) -> None:
    messages: list[tuple[Role, list[Part]]] = [
        ("user", [Text("a")]),
        ("assistant", [Reasoning("hm"), Reasoning("ha", "sig"), Text("b")]),
    ]
    body, losses = write(valid, *messages, keeps=lambda _: False)
    assert body["messages"][1] == model({"text": "b"})
    assert losses == ("thinking", "thinking.signature")
    body, losses = write(valid, *messages, model=MINIMAX)
    assert body["messages"][1] == model(
        {"reasoningContent": {"reasoningText": {"text": "hm"}}},
        {"reasoningContent": {"reasoningText": {"text": "ha"}}},
        {"text": "b"},
    )
    assert losses == ("thinking.signature",)
    body, losses = write(valid, *messages, model=LLAMA, source="openai-chat")
    assert body["messages"][1] == model({"text": "b"})
    assert losses == ("reasoning_content", "reasoning_details")


def test_opaque_values_on_other_parts(valid: Valid) -> None:
    _, losses = write(
        valid, ("user", [Text("a")]), ("assistant", [Text("b", opaque="x"), ToolCall("t", "f", "{}", opaque="y")])
    )
    assert losses == ("thinking.signature",)


@pytest.mark.parametrize("arguments", ["{", "[1]", "7", "nul", '{"a":1} x', "[" * 100_000])
def test_arguments_must_be_an_object(arguments: str) -> None:
    request = ChatRequest(
        format="openai-chat", model="m", messages=[Message("assistant", [ToolCall("t", "f", arguments)])]
    )
    with pytest.raises(InvalidField) as caught:
        write_request(request, Back(model=CLAUDE), Losses())
    assert caught.value.param == "tool_calls.arguments"


def test_custom_calls(valid: Valid) -> None:
    body, losses = write(
        valid,
        ("user", [Text("a")]),
        ("assistant", [ToolCall("t", "f", "any text", custom=True)]),
        ("tool", [ToolResult("t", [Text("1")], custom=True)]),
        source="openai-chat",
    )
    assert body["messages"][1] == model(use("t", {"input": "any text"}))
    assert losses == ("messages.tool_calls.custom",)


def test_ids_that_converse_refuses_are_replaced_alike(valid: Valid) -> None:
    found = turns(
        valid,
        ("user", [Text("a")]),
        ("assistant", [ToolCall("call_1|fc_2", "f", "{}"), ToolCall("x" * 65, "f", "{}")]),
        ("tool", [ToolResult("call_1|fc_2", [Text("1")]), ToolResult("x" * 65, [Text("2")])]),
    )
    calls = [block["toolUse"]["toolUseId"] for block in found[1]["content"]]
    assert calls == [block["toolResult"]["toolUseId"] for block in found[2]["content"]]
    assert len(set(calls)) == 2


def test_results(valid: Valid) -> None:
    document = Media("document", "application/pdf", "AAAA", name="r.pdf")
    sound = Media("audio", "audio/wav", "AAAA")
    body, losses = write(
        valid,
        ("user", [Text("a")]),
        CALL,
        (
            "tool",
            [
                ToolResult("t", [Text("1"), PNG, document, sound, Foreign("anthropic", "search_result", {})]),
                ToolResult("t", [Text(" ")], is_error=True),
            ],
        ),
    )
    assert body["messages"][2] == user(
        result(
            {"text": "1"},
            {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
            {"document": {"format": "pdf", "name": "r", "source": {"bytes": "AAAA"}}},
        ),
        result({"text": "(no output)"}, status="error"),
    )
    assert losses == ("content.audio", "search_result")


def test_refusals_and_citations(valid: Valid) -> None:
    body, losses = write(
        valid, ("user", [Text("a")]), ("assistant", [Text("b", annotations=[1]), Refusal("no")]), source="openai-chat"
    )
    assert body["messages"][1] == model({"text": "b"}, {"text": "no"})
    assert losses == ("messages.annotations", "messages.refusal")


def test_foreign_blocks(valid: Valid) -> None:
    own = {"guardContent": {"text": {"text": "g"}}}
    body, losses = write(
        valid, ("user", [Text("a"), Foreign("bedrock", "guardContent", own), Foreign("anthropic", "x_block", {})])
    )
    assert body["messages"] == [user({"text": "a"}, own)]
    assert losses == ("x_block",)


def test_foreign_blocks_with_values_of_others() -> None:
    both = {"reasoningContent": {"reasoningText": {"text": "a", "signature": "theirs"}, "redactedContent": "AAAA"}}
    message = Message("assistant", [Foreign("bedrock", "reasoningContent", both)])
    request = ChatRequest(format="bedrock", model="", messages=[message])
    losses = Losses()
    assert b"theirs" not in write_request(request, Back(model=CLAUDE, keeps=lambda value: value == "AAAA"), losses)
    assert losses.names == ("reasoningContent",)
    assert b"theirs" in write_request(request, Back(model=CLAUDE, keeps=lambda _: True), Losses())


def test_media_of_the_model(valid: Valid) -> None:
    body, losses = write(valid, ("user", [Text("a")]), ("assistant", [Text("b"), PNG]))
    assert body["messages"][1] == model({"text": "b"})
    assert losses == ("content.image",)
