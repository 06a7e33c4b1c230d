"""`thinking` and `output_config`: how much to think, and the shape of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.wire.anthropic.options_write import LEAST_BUDGET
from ajar.wire.anthropic.tools_write import forces_a_tool

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest, ReasoningOptions, ResponseFormat
    from ajar.wire.anthropic.scope import Scope

Block = dict[str, Any]

_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}
_DISPLAY = {True: "summarized", False: "omitted"}


def write_reasoning(request: ChatRequest, scope: Scope, out: Block) -> None:
    """Fill in `thinking` and `output_config`. Call when `messages`, `tool_choice` and `max_tokens` are there."""
    options = request.reasoning
    config: Block = dict(out.get("output_config") or {})
    if scope.same:
        if options is not None:
            _write_same(options, config, out)
    elif options is not None:
        effort = _effort(options, scope)
        if effort is not None:
            config["effort"] = effort
        thinking = _thinking(request, options, scope)
        scope.node(options.rest, "reasoning")
        if thinking is not None and thinking["type"] != "disabled" and forces_a_tool(out):
            # Anthropic refuses the two together: being answered in the wanted form weighs more.
            scope.lose("effort")
            thinking = None
        if thinking is not None:
            out["thinking"] = thinking
    _write_format(request.response_format, scope, config)
    if config:
        out["output_config"] = config


def mend_thinking(scope: Scope, out: Block) -> None:
    """Turn thinking off where a stripped turn would make Anthropic refuse it.

    With a budget, the turn whose tool results end the conversation must begin with its thinking.
    """
    thinking, messages = out.get("thinking"), out["messages"]
    if not thinking or thinking.get("type") != "enabled" or len(messages) < 2:
        return
    calls, results = messages[-2], messages[-1]
    if calls["role"] != "assistant" or not _has(results, "tool_result") or not _has(calls, "tool_use"):
        return
    if calls["content"][0]["type"] not in ("thinking", "redacted_thinking"):
        del out["thinking"]
        scope.lose("budget")


def _has(message: Block, kind: str) -> bool:
    content: str | list[Block] = message["content"]
    return not isinstance(content, str) and any(block["type"] == kind for block in content)


def _write_same(options: ReasoningOptions, config: Block, out: Block) -> None:
    if options.effort is not None:
        config["effort"] = options.effort
    if options.mode is not None:
        thinking = {**options.rest, "type": options.mode}
        if options.budget is not None:
            thinking["budget_tokens"] = options.budget
        if options.visible is not None:
            thinking["display"] = _DISPLAY[options.visible]
        out["thinking"] = thinking


def _effort(options: ReasoningOptions, scope: Scope) -> str | None:
    if options.effort is None or options.effort == "none":
        return None
    effort = _EFFORTS.get(options.effort)
    if effort is None:
        scope.lose("effort")
    return effort


def _thinking(request: ChatRequest, options: ReasoningOptions, scope: Scope) -> Block | None:
    mode, effort = options.mode, options.effort
    if mode == "disabled" or effort == "none" or options.budget == 0:
        return {"type": "disabled"}
    if mode == "between_tools":
        return {"type": mode}
    thinking: Block | None = None
    if options.budget is not None:
        budget = _budget(request, options.budget, scope)
        thinking = None if budget is None else {"type": "enabled", "budget_tokens": budget}
    elif mode is not None or effort in _EFFORTS:
        thinking = {"type": "adaptive"}
    visible = options.visible
    if visible is None and options.summary is not None and thinking is not None:
        visible = True
    if options.summary is not None and (thinking is None or options.summary != "auto"):
        scope.lose("summary")
    if thinking is not None and visible is not None:
        thinking["display"] = _DISPLAY[visible]
    return thinking


def _budget(request: ChatRequest, budget: int, scope: Scope) -> int | None:
    """Anthropic wants at least 1024, and less than `max_tokens`."""
    wanted, budget = budget, max(budget, LEAST_BUDGET)
    limit = request.max_tokens
    if limit is not None and budget >= limit:
        budget = limit - 1
    if budget != wanted:
        scope.lose("budget")
    return budget if budget >= LEAST_BUDGET else None


def _write_format(given: ResponseFormat | None, scope: Scope, config: Block) -> None:
    if given is None or given.kind == "text":
        return
    if given.kind != "json_schema" or given.schema is None:
        scope.lose("schema")
        return
    block = scope.node(given.rest, "schema")
    block["type"] = "json_schema"
    block["schema"] = given.schema
    config["format"] = block
    if given.description is not None:
        scope.lose("schema_note")
