"""An answer as `generateContent` gives it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.wire.gemini.logprobs import logprobs_result
from ajar.wire.gemini.media import write_media
from ajar.wire.gemini.stop import finish_reason_of
from ajar.wire.gemini.usage import metadata_of
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Part, Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.made import Made

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def write_answer(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    """The body. What Gemini's form cannot say is added to `losses`."""
    del request
    candidate: Rest = {"index": 0}
    written = [each for part in answer.parts if (each := _part(part, answer.format, losses)) is not None]
    candidate["content"] = {"parts": written, "role": "model"}
    candidate["finishReason"] = finish_reason_of(answer.finish)
    if answer.finish.stop_sequence is not None:
        losses.add("stop_sequence")
    body: Rest = {"candidates": [candidate]}
    if answer.format == "gemini":
        _own(answer, candidate, body)
    else:
        losses.add_rest("", said(answer.rest))
        losses.add_rest("finish", said(answer.finish.rest))
        for part in answer.parts:
            if type(part) is Text and part.annotations:
                losses.add("content.annotations")
    if answer.logprobs is not None:
        found = logprobs_result(answer.logprobs)
        if found is None:
            losses.add("logprobs")
        else:
            candidate["logprobsResult"] = found
    body["modelVersion"] = answer.model or made.model
    body["responseId"] = answer.id or made.id
    if answer.created is not None:
        _created(body, answer.created, losses)
    usage = metadata_of(answer)
    if usage is not None:
        body["usageMetadata"] = usage
    return msgspec.json.encode(body)


def _created(body: Rest, seconds: int, losses: Losses) -> None:
    try:
        body["createTime"] = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        losses.add("created")  # a year that no calendar here has


def _own(answer: Answer, candidate: Rest, body: Rest) -> None:
    """What Gemini itself said beside the parts."""
    for part in answer.parts:
        for note in (part.annotations or ()) if type(part) is Text else ():
            candidate.update(note)
    for name, value in answer.finish.rest.items():
        if name == "promptFeedback":
            body[name] = value
            del body["candidates"]
        else:
            candidate[name] = value
    candidate.update(answer.rest)


def _part(part: Part, origin: Format, losses: Losses) -> Rest | None:
    match part:
        case Text() | Refusal():
            written: Rest = {"text": part.text}
        case Reasoning():
            written = {"text": part.text, "thought": True}
        case ToolCall():
            written = {"functionCall": {"id": part.id, "name": part.name, "args": _args(part, losses)}}
        case Media():
            written = write_media(part, origin, losses)
        case Foreign(format="gemini"):
            return dict(part.value)
        case _:
            losses.add(part.kind if type(part) is Foreign else "tool_result")
            return None
    opaque = None if isinstance(part, Media | Refusal) else part.opaque
    if opaque is not None:
        written["thoughtSignature"] = opaque
    if origin == "gemini":
        return written | {name: value for name, value in part.rest.items() if name not in written}
    losses.add_rest("content", said(part.rest))
    return written


def _args(call: ToolCall, losses: Losses) -> Any:
    """The arguments as an object: a model's own text may be none."""
    if call.custom:
        return {"input": call.arguments}
    if not call.arguments.strip():
        return {}
    try:
        _decode(call.arguments)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        losses.add("tool_calls.arguments")
        return {}
    return msgspec.Raw(call.arguments.encode())
