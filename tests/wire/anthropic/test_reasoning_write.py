"""How much to think, and the shape of the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.request import ReasoningOptions, ResponseFormat, Tool, ToolChoice
from wire.anthropic.dialogs import SCHEMA, chat, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]


REASONING: list[tuple[ReasoningOptions, dict[str, Any], tuple[str, ...]]] = [
    (ReasoningOptions(effort="none"), {"thinking": {"type": "disabled"}}, ()),
    (
        ReasoningOptions(effort="minimal"),
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        (),
    ),
    (ReasoningOptions(effort="max"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, ()),
    (ReasoningOptions(effort="odd"), {}, ("reasoning_effort",)),
    (
        ReasoningOptions(effort="high", summary="auto"),
        {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}},
        (),
    ),
    (
        ReasoningOptions(effort="low", visible=False, summary="concise"),
        {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "low"}},
        ("reasoning.summary",),
    ),
    (ReasoningOptions(summary="auto"), {}, ("reasoning.summary",)),
    (ReasoningOptions(mode="enabled"), {"thinking": {"type": "adaptive"}}, ()),
    (ReasoningOptions(budget=2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}, ()),
    (
        ReasoningOptions(budget=10, effort="low"),
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "output_config": {"effort": "low"}},
        ("reasoning.max_tokens",),
    ),
    (
        ReasoningOptions(budget=9000),
        {"thinking": {"type": "enabled", "budget_tokens": 3999}},
        ("reasoning.max_tokens",),
    ),
    (ReasoningOptions(budget=0), {"thinking": {"type": "disabled"}}, ()),
    (ReasoningOptions(effort="high", rest={"odd": 1}, mode="disabled"), {"thinking": {"type": "disabled"}}, None),
]  # type: ignore[list-item]


@pytest.mark.parametrize(("options", "fields", "names"), REASONING)
def test_reasoning(
    valid: Valid, options: ReasoningOptions, fields: dict[str, Any], names: tuple[str, ...] | None
) -> None:
    body, lost = write(chat(reasoning=options, max_tokens=4000))
    value = valid(body)
    if names is None:
        assert (value["thinking"], lost) == (fields["thinking"], ("reasoning.odd",))
        return
    assert {name: value[name] for name in ("thinking", "output_config") if name in value} == fields
    assert lost == names


def test_a_budget_and_the_limit(valid: Valid) -> None:
    value = valid(write(chat(reasoning=ReasoningOptions(budget=9000)))[0])
    assert value["max_tokens"] == 9000 + 8192
    body, lost = write(chat(reasoning=ReasoningOptions(budget=2000), max_tokens=500))
    assert "thinking" not in valid(body)
    assert lost == ("reasoning.max_tokens",)


def test_thinking_pushes_out_what_anthropic_refuses_beside_it(valid: Valid) -> None:
    request = chat(reasoning=ReasoningOptions(effort="high"), temperature=0.2, top_p=0.5, top_k=3)
    body, lost = write(request)
    assert not {"temperature", "top_p", "top_k"} & valid(body).keys()
    assert lost == ("temperature", "top_p", "top_k")
    kept = chat(reasoning=ReasoningOptions(effort="high"), temperature=1, top_p=0.97)
    body, lost = write(kept)
    assert valid(body)["top_p"] == 0.97
    assert lost == ()
    forced = chat(
        reasoning=ReasoningOptions(effort="high"), tools=[Tool("f", schema=SCHEMA)], tool_choice=ToolChoice("required")
    )
    body, lost = write(forced)
    assert "thinking" not in valid(body)
    assert (json.loads(body)["output_config"], lost) == ({"effort": "high"}, ("reasoning_effort",))


def test_a_schema_for_the_answer(valid: Valid) -> None:
    wanted = ResponseFormat("json_schema", SCHEMA, name="n", strict=True)
    body, lost = write(chat(response_format=wanted, reasoning=ReasoningOptions(effort="low")))
    assert valid(body)["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}}
    assert lost == ()
    _, lost = write(chat(response_format=ResponseFormat("json_schema", SCHEMA, description="d")))
    assert lost == ("response_format.json_schema.description",)
