"""The response object: what an answer says of itself and repeats of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Text
from ajar.errors import InvalidJson
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.tools_write import own_format, own_tool, own_tool_choice
from ajar.wire.openai_responses.written import fields_of, form_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.made import Made

_encode = msgspec.json.Encoder().encode


class Envelope:
    """Makes the response object of one answer, in its several states.

    Encoded once: agents send tools and instructions by the hundred kilobytes, and a stream repeats them three times.
    """

    __slots__ = ("_echo", "_made", "_tier", "created", "id", "model", "own")

    def __init__(self, request: ChatRequest, made: Made) -> None:
        """Raises InvalidJson where what is to be repeated is nested too deeply."""
        self._made = made
        try:
            self._echo = _encode(_echo(request))[1:]
        except RecursionError:
            raise InvalidJson("the body is nested too deeply") from None
        self._tier = request.service_tier or "default"
        self.id = f"resp_{made.id.replace('-', '')}"
        self.model = made.model
        self.created = made.created
        self.own = False
        """The answer came from a deployment that speaks Responses too."""

    def begin(self, source: Format, identity: str | None, model: str | None, created: int | None) -> None:
        """Take over what the upstream says of its answer."""
        self.own = source == FORMAT
        if self.own and identity:
            self.id = identity
        if model:
            self.model = model
        if created is not None:
            self.created = created

    def response(
        self,
        status: str,
        output: bytes = b"[]",
        *,
        usage: Rest | None = None,
        incomplete: str | None = None,
        error: Rest | None = None,
        tier: str | None = None,
        more: Rest | None = None,
    ) -> bytes:
        """The object; `output` is the JSON text of its items, `more` are extensions."""
        head: dict[str, Any] = {
            **(more or {}),
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "completed_at": max(self.created, self._made.created) if status == "completed" else None,
            "status": status,
            "model": self.model,
            "error": error,
            "incomplete_details": None if incomplete is None else {"reason": incomplete},
            "service_tier": tier or self._tier,
            "usage": usage,
        }
        return b'%b,"output":%b,%b' % (_encode(head)[:-1], output, self._echo)


def _echo(request: ChatRequest) -> Rest:
    own = request.format == FORMAT
    rest = fields_of(request.rest) if own else {}
    choice = request.tool_choice
    return {
        "background": False,
        "conversation": None,
        "frequency_penalty": _or(request.frequency_penalty, 0),
        "instructions": _instructions(request, rest),
        "max_output_tokens": request.max_tokens,
        "max_tool_calls": rest.get("max_tool_calls"),
        "metadata": _or(request.metadata, {}),
        "parallel_tool_calls": _or(request.parallel_tool_calls, True),
        "presence_penalty": _or(request.presence_penalty, 0),
        "previous_response_id": None,
        "prompt_cache_key": request.prompt_cache_key,
        "reasoning": _reasoning(request, own=own),
        "safety_identifier": rest.get("safety_identifier"),
        "store": False,
        "temperature": _or(request.temperature, 1),
        "text": _text(request, rest),
        "tool_choice": (rest.get("tool_choice") or "auto") if choice is None else own_tool_choice(request, choice),
        "tools": [_tool(tool) for tool in request.tools],
        "top_logprobs": _or(request.top_logprobs, 0),
        "top_p": _or(request.top_p, 1),
        "truncation": rest.get("truncation") or "disabled",
        "user": request.user,
    }


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _instructions(request: ChatRequest, rest: Rest) -> Any:
    first = request.messages[0] if request.messages else None
    if first is not None and form_of(first.rest) == "instructions":
        part = first.parts[0]
        return part.text if isinstance(part, Text) else None
    return rest.get("instructions")


def _reasoning(request: ChatRequest, *, own: bool) -> Rest:
    options = request.reasoning
    if options is None:
        return {"effort": None, "summary": None}
    return {**(options.rest if own else {}), "effort": options.effort, "summary": options.summary}


def _text(request: ChatRequest, rest: Rest) -> Rest:
    shape = request.response_format
    text: Rest = {"format": {"type": "text"}, **(rest.get("text") or {})}
    if shape is not None:
        text["format"] = own_format(shape)
        if shape.kind == "json_schema":
            text["format"] = {"name": "", "description": None, "strict": False, "schema": {}, **text["format"]}
    if text["format"] is None:
        text["format"] = {"type": "text"}
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    return text


def _tool(tool: Any) -> Rest:
    if isinstance(tool, Foreign):
        return tool.value
    value = own_tool(tool, tool.rest)
    return value if tool.custom else {"description": None, "parameters": None, "strict": None, **value}
