"""Options that providers spell in several ways: the response's shape, and how much to think."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.json_fields import said
from ajar.wire.openai_chat.words import BESIDE

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ReasoningOptions, ResponseFormat
    from ajar.wire.openai_chat.target import Target

_EFFORTS = ((2048, "low"), (16384, "medium"))
"""Up to so many tokens for thinking; above, `high`."""


def write_response_format(wanted: ResponseFormat, target: Target) -> Rest:
    """`response_format`."""
    if wanted.kind != "json_schema":
        out: Rest = {"type": wanted.kind}
        target.carry(out, wanted.rest, "response_format")
        return out
    if target.has("no_json_schema"):
        target.lose("response_format")
        return {"type": "json_object"}
    inner: Rest = {}
    if wanted.name is not None or not target.own:
        inner["name"] = wanted.name or "response"  # the API wants one
    if wanted.description is not None:
        inner["description"] = wanted.description
    if wanted.schema is not None:
        inner["schema"] = wanted.schema
    if wanted.strict is not None:
        if target.has("no_strict"):
            target.losses.add("response_format.strict")
        else:
            inner["strict"] = wanted.strict
    out = {"type": "json_schema", "json_schema": inner}
    if target.own:
        inner.update({name: value for name, value in wanted.rest.items() if name != BESIDE})
        out.update(wanted.rest.get(BESIDE, {}))
    else:
        target.carry(inner, wanted.rest, "response_format")
    return out


def write_reasoning(body: Rest, options: ReasoningOptions, spelt: frozenset[str], target: Target) -> None:
    """The options in the caller's spelling or the deployment's."""
    if "reasoning" in spelt or (target.has("reasoning_object") and not target.own):
        body["reasoning"] = _object(options, target)
        return
    effort = options.effort
    if "thinking" in spelt:
        body["thinking"] = _thinking(options)
    elif options.mode is not None or options.budget is not None:
        effort = _without_budget(body, options, target)
    if effort is not None:
        body["reasoning_effort"] = effort
    if target.own:
        return
    if options.visible is not None or options.summary is not None:
        target.lose("reasoning.exclude")
    if options.rest:
        target.losses.add_rest("thinking" if target.came_in == "anthropic" else "reasoning", said(options.rest))


def _object(options: ReasoningOptions, target: Target) -> Rest:
    """OpenRouter's: an effort or a number of tokens, never both."""
    out: Rest = {}
    if options.effort is not None:
        out["effort"] = options.effort
    if options.budget is not None and (options.effort is None or target.own):
        out["max_tokens"] = options.budget
    if options.visible is not None:
        out["exclude"] = not options.visible
    if options.summary is not None:
        out["summary"] = options.summary
    if target.own:
        out.update(options.rest)
        return out
    if options.mode is not None and "effort" not in out and "max_tokens" not in out:
        out["enabled"] = options.mode != "disabled"
    target.losses.add_rest("thinking" if target.came_in == "anthropic" else "reasoning", said(options.rest))
    return out


def _thinking(options: ReasoningOptions) -> Rest:
    out: Rest = {"type": options.mode}
    if options.budget is not None:
        out["budget_tokens"] = options.budget
    out.update(options.rest)
    return out


def _without_budget(body: Rest, options: ReasoningOptions, target: Target) -> str | None:
    """Anthropic's `thinking`, for an API that knows an effort, or on and off. Returns the effort to send."""
    off = options.mode == "disabled"
    if target.has("thinking_object"):
        body["thinking"] = {"type": "disabled" if off else "enabled"}
    elif off:
        target.losses.add("thinking.disabled" if target.came_in == "anthropic" else "reasoning.enabled")
    effort = None if off else options.effort
    if options.budget is not None:
        target.lose("reasoning.max_tokens")
        if effort is None and not off and not target.has("thinking_object"):
            effort = next((word for most, word in _EFFORTS if options.budget <= most), "high")
    return effort
