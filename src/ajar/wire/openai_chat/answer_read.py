"""A whole Chat Completions answer as a typed one."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ajar.domain.dialog.answer import Answer
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Rest, Text, ToolCall
from ajar.errors import UpstreamGarbage
from ajar.wire.data_url import parse_data_url
from ajar.wire.json_fields import whole
from ajar.wire.openai_chat.finish import read_finish
from ajar.wire.openai_chat.ids import made_id
from ajar.wire.openai_chat.reasoning import PLAIN, take_thoughts, text_of
from ajar.wire.openai_chat.signature import take_signature
from ajar.wire.openai_chat.usage import read_usage

_decode_top = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read_answer(body: bytes) -> Answer:
    """The answer that `body` holds: its first choice, the others in `rest`. Raises UpstreamGarbage."""
    try:
        return _read(body)
    except RecursionError:
        raise UpstreamGarbage("the answer is nested too deeply") from None


def _read(body: bytes) -> Answer:
    try:
        raws = _decode_top(body)
        usage, usage_raw = read_usage(raws.pop("usage", None))
        top: dict[str, Any] = {name: _decode(raw) for name, raw in raws.items()}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UpstreamGarbage("the answer is not a JSON object") from None
    choice, others = _choices(top)
    message = choice.pop("message", None)
    if type(message) is not dict:
        raise UpstreamGarbage("the answer's choice holds no message")
    identity = _text(top.pop("id", None))
    parts = _parts(cast("dict[str, Any]", message), identity or "")
    finish = read_finish(
        _text(choice.pop("finish_reason", None)),
        _text(choice.pop("native_finish_reason", None)),
        choice.pop("stop_reason", None),
        calls=any(type(part) is ToolCall for part in parts),
    )
    logprobs = choice.get("logprobs")
    logprobs = cast("dict[str, Any]", logprobs).get("content") if type(logprobs) is dict else None
    finish.rest = _meaning(choice, _OF_CHOICE)
    answer = Answer(
        format="openai-chat",
        parts=parts,
        finish=finish,
        id=identity,
        model=_text(top.pop("model", None)),
        created=seconds_of(top.pop("created", None)),
        usage=usage,
        usage_raw=usage_raw,
        service_tier=_text(top.pop("service_tier", None)),
        logprobs=logprobs,
        rest=_meaning(top, _OF_ANSWER),
    )
    left = _meaning(cast("dict[str, Any]", message), _OF_MESSAGE)
    if left:
        answer.rest["message"] = left
    if others:
        answer.rest["choices"] = others
    return answer


def seconds_of(created: Any) -> int | None:
    """When an answer says that it was made, for which some servers give a fraction; None where that is no time."""
    return whole(created // 1 if type(created) is float else created)


_OF_CHOICE = frozenset({"index", "logprobs"})
_OF_ANSWER = frozenset({"object"})
_OF_MESSAGE = frozenset({"role"})


def _meaning(rest: Rest, known: frozenset[str]) -> Rest:
    """What else an object says: a null and an empty list say nothing."""
    return {name: value for name, value in rest.items() if name not in known and value is not None and value != []}


def _text(value: Any) -> str | None:
    return value if type(value) is str and value else None


def _choices(top: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    error = top.get("error")
    if error:
        said = cast("dict[str, Any]", error).get("message") if type(error) is dict else error
        raise UpstreamGarbage(f"the upstream answered 200 with an error: {said if type(said) is str else 'unnamed'}")
    choices = top.pop("choices", None)
    if type(choices) is not list or not choices:
        raise UpstreamGarbage("the answer holds no choices")
    first, *others = cast("list[Any]", choices)
    if type(first) is not dict:
        raise UpstreamGarbage("the answer's choice is no object")
    return cast("dict[str, Any]", first), others


def _parts(message: dict[str, Any], seed: str) -> list[Part]:
    parts = _thoughts(message)
    parts += content_items(message.pop("content", None))
    refusal = _text(message.pop("refusal", None))
    if refusal is not None:
        parts.append(Refusal(refusal))
    parts += images(message)
    calls = _calls(message, seed)
    _on_text(message, parts, calls)
    if type(message.get("audio")) is dict:
        parts.append(Foreign("openai-chat", "audio", message.pop("audio")))
    return parts + calls


def _thoughts(message: dict[str, Any]) -> list[Part]:
    """The reasoning: where the details hold no text, the plain text beside them."""
    thoughts = take_thoughts(message).parts
    if thoughts and not text_of(thoughts):
        for _, name in PLAIN:
            if _text(message.get(name)) is not None:
                return [Reasoning(message.pop(name)), *thoughts]
    return [part for part in thoughts if part.text or part.opaque is not None]


def content_items(content: Any) -> list[Text | Reasoning | Foreign]:
    """The parts in a message's content: a string, or a list as Mistral's thinking models make it."""
    if type(content) is str:
        return [Text(content)] if content else []
    items: list[Text | Reasoning | Foreign] = []
    if type(content) is not list:
        return items
    for item in cast("list[Any]", content):
        if type(item) is not dict:
            continue
        item = cast("dict[str, Any]", item)
        kind, text = item.get("type"), item.get("text")
        if kind == "text" and type(text) is str:
            items.append(Text(text))
        elif kind == "thinking" and type(item.get("thinking")) is list:
            items.append(
                Reasoning("".join([each.text for each in content_items(item["thinking"]) if type(each) is Text]))
            )
        elif type(kind) is str:
            items.append(Foreign("openai-chat", kind, item))
    return items


def images(message: dict[str, Any]) -> list[Media]:
    """What a model drew, in `images` as OpenRouter has them. Others stay there."""
    found: list[Media] = []
    values = message.get("images")
    if type(values) is not list:
        return found
    for value in cast("list[Any]", values):
        media = _image(cast("dict[str, Any]", value)) if type(value) is dict else None
        if media is None:
            return []
        found.append(media)
    del message["images"]
    return found


def _image(value: Rest) -> Media | None:
    inner = value.get("image_url")
    url = cast("Rest", inner).get("url") if type(inner) is dict else None
    if type(url) is not str:
        return None
    parsed = parse_data_url(url)
    media = Media("image", parsed.mime, parsed.data) if parsed else Media("image", url=url)
    media.rest = _meaning(value, _OF_IMAGE)
    if left := _meaning(cast("Rest", inner), _OF_URL):
        media.rest["image_url"] = left
    return media


def _on_text(message: dict[str, Any], parts: list[Part], calls: list[ToolCall]) -> None:
    """What stands on the message but belongs to its text, or to its first call."""
    text = next((part for part in parts if type(part) is Text), None)
    annotations = message.get("annotations")
    if text is not None and type(annotations) is list and annotations:
        text.annotations = cast("list[Any]", annotations)
        del message["annotations"]
    signature = take_signature(message)
    if signature is None:
        return
    if message.get("thought_signature") == signature:
        del message["thought_signature"]
    if text is not None:
        text.opaque = signature
    elif calls and calls[0].opaque is None:
        calls[0].opaque = signature
    else:
        parts.insert(0, Reasoning(opaque=signature))


def _calls(message: dict[str, Any], seed: str) -> list[ToolCall]:
    calls: list[ToolCall] = []
    values = message.get("tool_calls")
    if type(values) is not list:
        return calls
    for value in cast("list[Any]", values):
        call = _call(value, len(calls), seed)
        if call is None:
            raise UpstreamGarbage("the answer holds a tool call without a name")
        calls.append(call)
    del message["tool_calls"]
    return calls


def _call(value: Any, number: int, seed: str) -> ToolCall | None:
    if type(value) is not dict:
        return None
    value = cast("dict[str, Any]", value)
    custom = type(value.get("custom")) is dict
    inner = value.pop("custom" if custom else "function", None)
    name = cast("dict[str, Any]", inner).get("name") if type(inner) is dict else None
    if type(name) is not str:
        return None
    arguments = cast("dict[str, Any]", inner).get("input" if custom else "arguments")
    if arguments is None:
        arguments = ""
    elif type(arguments) is not str:
        arguments = _encode(arguments).decode()  # some local servers give the object itself
    signature = take_signature(value)
    identity = _text(value.get("id")) or made_id(number, seed, name, arguments)
    return ToolCall(identity, name, arguments, custom=custom, opaque=signature, rest=_meaning(value, _OF_CALL))


_OF_CALL = frozenset({"id", "type", "index"})
_OF_IMAGE = frozenset({"image_url", "type", "index"})
_OF_URL = frozenset({"url"})
