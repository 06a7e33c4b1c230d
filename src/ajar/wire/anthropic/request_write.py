"""A dialog as a Messages request, or as one for `count_tokens`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.errors import InvalidJson
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.messages_write import write_messages
from ajar.wire.anthropic.options_write import name_unsayable, write_limit, write_options
from ajar.wire.anthropic.reasoning_write import mend_thinking, write_reasoning
from ajar.wire.anthropic.scope import Scope
from ajar.wire.anthropic.tools_write import write_tools

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.back import Back

_encode = msgspec.json.Encoder().encode


def write_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The body for `POST /v1/messages`. Raises InvalidField where the request makes no sense there."""
    scope = Scope(request.format, back, losses)
    try:
        out = _asked(request, scope)
        write_limit(request, scope, out)
        write_reasoning(request, scope, out)
        if losses or not scope.same:
            mend_thinking(scope, out)
        write_options(request, scope, out)
        name_unsayable(request, scope)
        return _encode(out)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def write_count_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The body for `POST /v1/messages/count_tokens`: what is read, without how to answer."""
    scope = Scope(request.format, back, losses)
    try:
        out = _asked(request, scope)
        write_reasoning(request, scope, out)
        if losses or not scope.same:
            mend_thinking(scope, out)
        for mark in (marks.STREAM, marks.METADATA):
            out.pop(mark, None)
        return _encode(out)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _asked(request: ChatRequest, scope: Scope) -> dict[str, Any]:
    """What the model gets to read: the messages and the tools."""
    rest = request.rest
    if not scope.same and rest.get("store") is False:
        rest = {name: value for name, value in rest.items() if name != "store"}  # the default
    out = scope.node(rest, None)
    out["model"] = scope.back.model
    system, out["messages"] = write_messages(request.messages, scope)
    if system is not None:
        out["system"] = system
    if request.cache is not None:
        out["cache_control"] = request.cache
    write_tools(request, scope, out)
    return out
