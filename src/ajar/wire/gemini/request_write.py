"""A request as `generateContent` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.errors import InvalidField
from ajar.wire.gemini.config import write_config
from ajar.wire.gemini.contents_write import write_contents
from ajar.wire.gemini.scope import Scope
from ajar.wire.gemini.tools import write_choice, write_tools
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.back import Back

_encode = msgspec.json.Encoder().encode
_TIERS = {"default": "standard", "standard_only": "standard", "flex": "flex", "priority": "priority"}


def write_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The body for the deployment, whose URL names the model. What cannot be said in it is added to `losses`.

    Raises InvalidField where a tool call's arguments are no object, or a tool result answers no call.
    """
    scope = Scope(request.format, back, losses)
    contents, system = write_contents(request, scope)
    body: Rest = {"contents": contents}
    if system is not None:
        body["systemInstruction"] = system
    tools = write_tools(request, losses)
    if tools:
        body["tools"] = tools
    choice = write_choice(request, tools, losses)
    config = write_config(request, scope, tools=bool(tools))
    if scope.own:
        _own(request, body, choice, config)
    else:
        if choice is not None:
            body["toolConfig"] = {"functionCallingConfig": choice}
        if config:
            body["generationConfig"] = config
        _foreign(request, body, scope)
    try:
        return _encode(body)
    except (UnicodeError, RecursionError):
        raise InvalidField("the request cannot be written as JSON") from None


def _own(request: ChatRequest, body: Rest, choice: Rest | None, config: Rest) -> None:
    """The fields that only Gemini has go back to where they stood."""
    for name, value in request.rest.items():
        if name == "toolConfig" or name == "generationConfig":
            continue
        body[name] = value
    calling = {} if choice is None else {"functionCallingConfig": choice}
    for name, written in (("toolConfig", calling), ("generationConfig", config)):
        left = request.rest.get(name)
        if written or left:
            body[name] = written | (left or {})
        elif name in request.rest:
            body[name] = left
    if request.service_tier is not None:
        body["serviceTier"] = request.service_tier


def _foreign(request: ChatRequest, body: Rest, scope: Scope) -> None:
    """The options that have no place, or another name, here."""
    losses = scope.losses
    tier = request.service_tier
    if tier in _TIERS:
        body["serviceTier"] = _TIERS[tier]
    elif tier is not None and tier != "auto":
        losses.add("service_tier")
    if request.parallel_tool_calls is False and request.tools:
        scope.lose("parallel")
    if request.user is not None:
        scope.lose("user")
    if request.metadata:
        losses.add("metadata")
    if request.prompt_cache_key is not None:
        losses.add("prompt_cache_key")
    if request.cache is not None:
        losses.add("cache_control")
    losses.add_rest("", said(request.rest))
