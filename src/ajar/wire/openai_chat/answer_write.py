"""A typed answer as Chat Completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Rest, Text, ToolCall
from ajar.wire.data_url import data_url
from ajar.wire.json_fields import said
from ajar.wire.openai_chat.annotations import write_annotation
from ajar.wire.openai_chat.finish import write_finish
from ajar.wire.openai_chat.reasoning import details_of, text_of
from ajar.wire.openai_chat.signature import put_signature
from ajar.wire.openai_chat.usage import usage_block

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.made import Made

TIERS = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})

_encode = msgspec.json.Encoder().encode


def write_answer(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    """The body of an answer. What it cannot say is named in `losses`."""
    del request
    own = answer.format == "openai-chat"
    choice: Rest = {"index": 0, "message": _message(answer, made, losses)}
    choice["logprobs"] = None if answer.logprobs is None else {"content": answer.logprobs, "refusal": None}
    refused = any(type(part) is Refusal for part in answer.parts)
    choice.update(write_finish(answer.finish, refused=refused))
    rest = answer.rest
    choices = [choice]
    if own:
        choice.update(answer.finish.rest)
        choices += rest.get("choices", [])
        rest = {name: value for name, value in rest.items() if name != "message" and name != "choices"}
    else:
        losses.add_rest("", said(answer.finish.rest))
        losses.add_rest("", said(rest))
        rest = {}
    body: Rest = {
        "id": answer.id or f"chatcmpl-{made.id}",
        "object": "chat.completion",
        "created": made.created if answer.created is None else answer.created,
        "model": answer.model or made.model,
        "choices": choices,
        **rest,
    }
    if own and answer.usage_raw is not None:
        body["usage"] = msgspec.Raw(answer.usage_raw.encode())
    elif answer.usage is not None:
        block, invented = usage_block(answer.usage)
        if block is not None:
            body["usage"] = block
        if invented:
            losses.add("usage")
    if answer.service_tier is not None:
        _tier(body, answer.service_tier, losses, own=own)
    return _encode(body)


def _tier(body: Rest, tier: str, losses: Losses, *, own: bool) -> None:
    if own or tier in TIERS:
        body["service_tier"] = tier
    elif tier != "standard":
        losses.add("service_tier")


def _message(answer: Answer, made: Made, losses: Losses) -> Rest:
    message: Rest = {"role": "assistant", "content": None, "refusal": None}
    if answer.format == "openai-chat":
        message.update(answer.rest.get("message", {}))  # first: a signature may have to stand in the midst of it
    texts: list[Text] = []
    thoughts: list[Reasoning] = []
    places: list[int] = []
    calls: list[Rest] = []
    drawn: list[Rest] = []
    for at, part in enumerate(answer.parts):
        if type(part) is Text:
            texts.append(part)
        elif type(part) is Reasoning:
            thoughts.append(part)
            places.append(at)
        elif type(part) is ToolCall:
            calls.append(_call(part, len(calls), made))
        elif type(part) is Refusal:
            message["refusal"] = (message["refusal"] or "") + part.text
        elif type(part) is Media and part.kind == "image" and part.file_id is None and part.text is None:
            drawn.append(image(part, answer.format, losses))
        elif type(part) is Foreign and part.kind == "audio" and part.format == "openai-chat":
            message["audio"] = part.value
        else:
            losses.add(part.kind if type(part) is Foreign or type(part) is Media else "content")
    if texts or not (calls or message["refusal"] or drawn):
        message["content"] = "".join([part.text for part in texts])
    if texts:
        _on_text(message, texts, answer, losses)
    if thoughts:
        _thoughts(message, thoughts, places)
    if drawn:
        message["images"] = drawn
    if calls:
        message["tool_calls"] = calls
    return message


def _on_text(message: Rest, texts: list[Text], answer: Answer, losses: Losses) -> None:
    annotations: list[Any] = []
    start = 0
    for part in texts:
        end = start + len(part.text)
        for value in part.annotations or ():
            written = write_annotation(value, answer.format, start, end, losses)
            if written is not None:
                annotations.append(written)
        start = end
        if part.opaque is not None:
            put_signature(message, part.opaque)
    if annotations:
        message["annotations"] = annotations


def _thoughts(message: Rest, thoughts: list[Reasoning], places: list[int]) -> None:
    """The text for people; and what must come back, with its place in the answer."""
    text = text_of(thoughts)
    if text:
        message["reasoning_content"] = text
    if any(part.opaque is not None or part.id is not None for part in thoughts):
        details: list[Rest] = []
        for part, place in zip(thoughts, places, strict=True):
            details += [{**detail, "index": place} for detail in details_of([part], _always)[0]]
        message["reasoning_details"] = details


def _always(value: str) -> bool:
    del value
    return True


def image(part: Media, came_in: Format, losses: Losses) -> Rest:
    """An image of the model's, as OpenRouter has them. Signatures and what else stands on it have no place there."""
    url = data_url(part.mime or "image/png", part.data) if part.data is not None else part.url
    written: Rest = {"type": "image_url", "image_url": {"url": url}}
    if came_in == "openai-chat":
        inner = written["image_url"] | part.rest.get("image_url", {})
        return written | part.rest | {"image_url": inner}
    if part.name:
        losses.add("content.name")
    losses.add_rest("content", said(part.rest))
    return written


def _call(part: ToolCall, number: int, made: Made) -> Rest:
    call: Rest = {"id": part.id or f"call_{made.id[:8]}_{number}"}
    if part.custom:
        call |= {"type": "custom", "custom": {"name": part.name, "input": part.arguments}}
    else:
        call |= {"type": "function", "function": {"name": part.name, "arguments": part.arguments or "{}"}}
    if part.opaque is not None:
        put_signature(call, part.opaque)
    return call
