"""A whole answer in Anthropic's format."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ajar.domain.dialog.answer import Answer
from ajar.domain.dialog.parts import Part, ToolCall
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.anthropic.blocks_read import read_block, tool_call
from ajar.wire.anthropic.stop import finish_of
from ajar.wire.anthropic.usage import usage_of
from ajar.wire.json_fields import Fields

_decode_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_decode = msgspec.json.Decoder().decode

_TIERS = {"standard": "default", "priority": "priority"}
_N = 0x6E  # the first byte of `null`


def read_answer(body: bytes) -> Answer:
    """The answer, `service_tier` in OpenAI's words. Raises UpstreamGarbage."""
    try:
        return _read(body)
    except InvalidField as error:
        raise UpstreamGarbage(f"the upstream's answer is not in Anthropic's format: {error.message}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the upstream's answer is not in Anthropic's format") from None


def _read(body: bytes) -> Answer:
    raws = _decode_raws(body)
    content = raws.pop("content", None)
    if content is None:
        raise UpstreamGarbage("the upstream's answer holds no `content`")
    parts = [_part(raw, at) for at, raw in enumerate(_decode_list(content))]
    usage = raws.pop("usage", None)
    if usage is not None and memoryview(usage)[0] == _N:
        usage = None
    fields = Fields({name: _decode(raw) for name, raw in raws.items()})
    fields.drop("type")
    fields.drop("role")
    native, sequence = fields.text("stop_reason"), fields.text("stop_sequence")
    fields.drop("stop_reason")
    fields.drop("stop_sequence")
    details = fields.take("stop_details")
    fields.drop("stop_details")
    finish = finish_of(
        native,
        sequence,
        {} if details is None else {"stop_details": details},
        calls=any([type(part) is ToolCall for part in parts]),  # noqa: C419 - a list is faster
    )
    answer = Answer(
        format="anthropic",
        parts=parts,
        finish=finish,
        id=fields.text("id"),
        model=fields.text("model"),
        usage=usage_of(usage),
        usage_raw=None if usage is None else str(usage, "utf-8"),
        service_tier=None if usage is None else _tier(usage),
    )
    answer.rest = fields.rest()
    return answer


def _part(raw: msgspec.Raw, at: int) -> Part:
    """One block. The text of a tool call's arguments is the upstream's own."""
    value = _decode_object(raw)
    fields = Fields(value, f"content[{at}]")
    if value.get("type") == "tool_use" and type(value.get("input")) is dict:
        fields.drop("type")
        fields.drop("input")
        return tool_call(fields, str(_decode_raws(raw)["input"], "utf-8"))
    part = read_block(fields)
    if type(part) is ToolCall:
        fields.refuse("input", "is missing")
    return part


def _tier(usage: msgspec.Raw) -> str | None:
    block = _decode(usage)
    tier = cast("dict[str, Any]", block).get("service_tier") if type(block) is dict else None
    return _TIERS.get(tier) if type(tier) is str else None
