"""How much to think, in the words of each vendor behind Converse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest, ReasoningOptions
    from ajar.wire.bedrock.target import Target

_Fields = dict[str, Any]

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_WITHOUT_THINKING = {"xhigh": "high", "max": "high"}
"""The highest effort where thinking is off (the service model's words on `OutputConfig.effort`)."""
_SHARES = {"minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8, "xhigh": 0.9, "max": 0.9}
"""Of all tokens of the answer, how many are for thinking where a model wants a number."""
_LEAST_BUDGET = 1024
_LEAST_TOP_P = 0.95


def write_reasoning(
    request: ChatRequest, turns: list[_Fields], config: _Fields | None, target: Target
) -> tuple[str | None, _Fields]:
    """The field `outputConfig.effort`, and what belongs in `additionalModelRequestFields`.

    `turns` and `config` are the request's messages and its `toolConfig`.
    """
    options = request.reasoning
    if options is None:
        return None, {}
    if target.same:
        return options.effort, {"thinking": {**_thinking(options), **options.rest}} if options.mode is not None else {}
    target.rest(target.word("options"), options.rest)
    if options.summary not in (None, "auto"):
        target.lose("summary")
    way = target.ways.effort
    if way in ("budget", "either", "adaptive"):
        return _claude(request, options, turns, config, target)
    if way == "plain":
        fields = {"thinking": _thinking(options)} if _explicit(options) else {}
        return _effort(options.effort, target, capped=not fields), fields
    if _explicit(options) and options.mode != "disabled" and options.effort is None:
        target.lose("thinking")
    if options.effort in (None, "none"):
        return None, {}
    if way is None:
        target.lose("effort")
        return None, {}
    return None, _vendor(way, _effort(options.effort, target, capped=True) or "low", request)


def _explicit(options: ReasoningOptions) -> bool:
    """Whether the caller spoke of thinking as Anthropic does, and not of an effort only."""
    return options.mode is not None or options.budget is not None


def _effort(effort: str | None, target: Target, *, capped: bool) -> str | None:
    """One of Converse's efforts; the loss of one that it has not is named."""
    if effort in (None, "none"):
        return None
    if effort not in _EFFORTS:
        target.lose("effort")
        return "low" if effort == "minimal" else None
    return _WITHOUT_THINKING.get(effort, effort) if capped else effort


def _thinking(options: ReasoningOptions) -> _Fields:
    """Anthropic's `thinking`; where only a budget is given, 0 and -1 are as in Gemini's `thinkingBudget`."""
    mode = options.mode or {0: "disabled", -1: "adaptive"}.get(options.budget or 0, "enabled")
    thinking: _Fields = {"type": mode}
    if options.budget is not None and options.budget > 0:
        thinking["budget_tokens"] = options.budget
    if options.visible is not None:
        thinking["display"] = "summarized" if options.visible else "omitted"
    return thinking


def _claude(
    request: ChatRequest, options: ReasoningOptions, turns: list[_Fields], config: _Fields | None, target: Target
) -> tuple[str | None, _Fields]:
    """Anthropic's own fields, in the way of the model's generation: a budget, or an effort and thinking by itself."""
    explicit, budgeted = _explicit(options), target.ways.effort == "budget"
    thinking = _asked(request, options, target) if explicit else _implied(request, options, config, target)
    if thinking is not None and thinking["type"] == "enabled" and _in_a_thoughtless_round(turns):
        thinking = None
        target.lose("thinking" if explicit else "effort")
    fields = {} if thinking is None else {"thinking": thinking}
    if not budgeted:
        thinks = thinking is not None and thinking["type"] != "disabled"
        return _effort(options.effort, target, capped=not thinks and request.format != "anthropic"), fields
    if options.effort not in (None, "none") and (thinking is None or options.budget is not None):
        target.lose("effort")
    return None, fields


def _asked(request: ChatRequest, options: ReasoningOptions, target: Target) -> _Fields | None:
    """What the caller asked for, in words that the model knows."""
    way = target.ways.effort
    thinking = _thinking(options)
    if way == "budget":
        if thinking.pop("display", None) == "omitted":
            target.lose("display")
        if thinking["type"] in ("adaptive", "between_tools"):
            thinking = _budget(request, options.effort or "high", target)
            if thinking is None:
                target.lose("thinking")
    elif way == "adaptive" and thinking["type"] == "enabled":
        thinking.pop("budget_tokens", None)
        thinking["type"] = "adaptive"
        target.lose("budget")
    return thinking


def _implied(request: ChatRequest, options: ReasoningOptions, config: _Fields | None, target: Target) -> _Fields | None:
    """In formats whose only word is an effort, it means thinking, which Claude must be told.

    But Claude refuses to think beside a forced tool, a temperature or a `top_k`: then it is not told to.
    """
    effort, budgeted = options.effort, target.ways.effort == "budget"
    if effort is None or request.format == "anthropic":
        return None
    if effort == "none":
        return None if budgeted else {"type": "disabled"}
    forced = config is not None and not config.get("toolChoice", {}).keys() <= {"auto"}
    low = request.top_p is not None and request.top_p < _LEAST_TOP_P
    if forced or low or request.temperature not in (None, 1) or request.top_k is not None:
        return None
    if budgeted:
        return _budget(request, effort, target)
    if options.visible is None:
        return {"type": "adaptive"}
    return {"type": "adaptive", "display": "summarized" if options.visible else "omitted"}


def _budget(request: ChatRequest, effort: str, target: Target) -> _Fields | None:
    limit = target.back.max_tokens if request.max_tokens is None else request.max_tokens
    budget = max(_LEAST_BUDGET, int(limit * _SHARES.get(effort, 0.5)))
    return {"type": "enabled", "budget_tokens": budget} if budget < limit else None


def _in_a_thoughtless_round(turns: list[_Fields]) -> bool:
    """Whether the answer goes on from tool calls that no thought led to, or none that was the model's own.

    Claude refuses to think within a budget there.
    """
    if len(turns) < 2 or not any("toolResult" in block for block in turns[-1]["content"]):
        return False
    calls = turns[-2]["content"]
    return bool(calls) and "reasoningContent" not in calls[0]


def _vendor(way: str, effort: str, request: ChatRequest) -> _Fields:
    if way != "nova":
        return {way: effort}
    # Nova refuses a limit or a temperature beside its highest effort
    # (https://github.com/UKGovernmentBEIS/inspect_ai/issues/3767, 2026-04).
    limited = any(each is not None for each in (request.max_tokens, request.temperature, request.top_p))
    effort = "medium" if effort == "high" and limited else effort
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
