"""The options of a request that are one number or word each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.wire.anthropic import marks

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.anthropic.scope import Scope

Block = dict[str, Any]

_TIERS = {"auto": "auto", "default": "standard_only"}
_LONGEST_USER = 512
LEAST_BUDGET = 1024
"""Of `thinking.budget_tokens`."""
_LEAST_TOP_P = 0.95


def write_limit(request: ChatRequest, scope: Scope, out: Block) -> None:
    """Fill in `max_tokens`, which Anthropic needs: the deployment's own where the caller gives none."""
    limit = request.max_tokens
    if limit is None:
        budget = request.reasoning.budget if request.reasoning is not None else None
        limit = scope.back.max_tokens
        if budget and max(budget, LEAST_BUDGET) >= limit:
            limit += max(budget, LEAST_BUDGET)
    out["max_tokens"] = limit


def write_options(request: ChatRequest, scope: Scope, out: Block) -> None:
    """Fill in the sampling options, `stop_sequences`, `stream`, `metadata` and `service_tier`.

    Call when `thinking` is there.
    """
    if request.stream or (scope.same and marks.STREAM in out):
        out["stream"] = request.stream
    _write_sampling(request, scope, out)
    _write_stop(request.stop, scope, out)
    _write_user(request.user, scope, out)
    tier = request.service_tier
    if tier is not None:
        if tier in _TIERS:
            out["service_tier"] = _TIERS[tier]
        else:
            scope.lose("service_tier")


def name_unsayable(request: ChatRequest, scope: Scope) -> None:
    """Name the options that Anthropic has no word for, where they ask for more than the default."""
    if scope.same:
        return
    asked = {
        "n": request.n not in (None, 1),
        "seed": request.seed is not None,
        "logprobs": bool(request.logprobs),
        "top_logprobs": bool(request.top_logprobs),
        "frequency_penalty": bool(request.frequency_penalty),
        "presence_penalty": bool(request.presence_penalty),
        "logit_bias": bool(request.logit_bias),
        "metadata": bool(request.metadata),
        "prompt_cache_key": request.prompt_cache_key is not None,
    }
    for name, is_asked in asked.items():
        if is_asked:
            scope.lose_named(name)
    if request.verbosity not in (None, "medium"):
        scope.lose("verbosity")


def _write_sampling(request: ChatRequest, scope: Scope, out: Block) -> None:
    temperature, top_p, top_k = request.temperature, request.top_p, request.top_k
    if not scope.same:
        if temperature is not None and temperature > 1:
            scope.lose_named("temperature")
            temperature = 1.0
        if out.get("thinking", {}).get("type", "disabled") != "disabled":
            # Anthropic refuses these beside thinking.
            if temperature not in (None, 1):
                scope.lose_named("temperature")
                temperature = None
            if top_p is not None and top_p < _LEAST_TOP_P:
                scope.lose_named("top_p")
                top_p = None
            if top_k is not None:
                scope.lose_named("top_k")
                top_k = None
        if temperature is not None and top_p is not None:
            # Newer models refuse the two together; 1 is the default of both.
            if temperature == 1 and top_p != 1:
                temperature = None
            else:
                if top_p != 1:
                    scope.lose_named("top_p")
                top_p = None
    for name, value in (("temperature", temperature), ("top_p", top_p), ("top_k", top_k)):
        if value is not None:
            out[name] = value


def _write_stop(stop: list[str] | None, scope: Scope, out: Block) -> None:
    if stop is None:
        return
    if not scope.same:
        sayable = [each for each in stop if each.strip()]
        if len(sayable) < len(stop):
            scope.lose("stop")  # white space alone is refused
        if not sayable:
            return
        stop = sayable
    out["stop_sequences"] = stop


def _write_user(user: str | None, scope: Scope, out: Block) -> None:
    if scope.same:
        if user is not None or marks.METADATA in out:
            out["metadata"] = dict(out.get("metadata") or {})
        if user is not None:
            out["metadata"]["user_id"] = user
    elif user is not None:
        if len(user) > _LONGEST_USER:
            scope.lose("user")
        else:
            out["metadata"] = {"user_id": user}
