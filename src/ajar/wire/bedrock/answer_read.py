"""A Converse answer as the dialog's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.answer import Answer
from ajar.domain.dialog.parts import Text, ToolCall
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.bedrock.blocks_read import read_blocks
from ajar.wire.bedrock.stop import beside_sequence, finish_of
from ajar.wire.bedrock.usage import usage_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part

_NOTHING = msgspec.Raw()


class _Output(msgspec.Struct, gc=False):
    message: dict[str, Any]


class _Tier(msgspec.Struct, gc=False):
    type: str | None = None


class _Body(msgspec.Struct, rename="camel", gc=False):
    output: _Output
    stop_reason: str
    usage: msgspec.Raw = _NOTHING
    service_tier: _Tier | None = None
    additional_model_response_fields: Any = None
    trace: Any = None
    performance_config: Any = None


_decode = msgspec.json.Decoder(_Body).decode


def read_answer(body: bytes) -> Answer:
    """The answer; neither its id nor its model is in the body. Raises UpstreamGarbage."""
    try:
        read = _decode(body)
        parts = _parts(read.output.message)
        usage = bytes(read.usage).decode()
    except msgspec.ValidationError:
        raise UpstreamGarbage("the upstream's answer is not one of Converse's") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UpstreamGarbage("the upstream's answer is not valid JSON") from None
    except RecursionError:
        raise UpstreamGarbage("the upstream's answer is nested too deeply") from None
    except InvalidField as error:
        raise UpstreamGarbage(f"the upstream's answer is not one of Converse's: {error}") from None
    calls = any([isinstance(part, ToolCall) for part in parts])  # noqa: C419 - a list is faster
    # `metrics` is left out: its latency is the transport's to tell, and no format has a place for it.
    fields = read.additional_model_response_fields
    rest = {
        "additionalModelResponseFields": beside_sequence(fields),
        "trace": _beside_model(read.trace),
        "performanceConfig": read.performance_config,
    }
    return Answer(
        format="bedrock",
        parts=parts,
        finish=finish_of(read.stop_reason, fields, calls=calls),
        model=_invoked(read.trace),
        usage=usage_of(read.usage),
        usage_raw=usage if usage not in ("", "null") else None,
        service_tier=read.service_tier.type if read.service_tier else None,
        rest={name: value for name, value in rest.items() if value is not None},
    )


def _parts(message: dict[str, Any]) -> list[Part]:
    content = message.get("content")
    if type(content) is not list:
        raise InvalidField("`output.message.content` must be a list")
    parts = read_blocks(cast("list[Any]", content), "output.message.content")
    for part in parts:
        if isinstance(part, ToolCall):
            part.rest.pop("type", None)  # `tool_use`: what it is anyway
    return [part for part in parts if not (isinstance(part, Text) and part.text == "" and not part.annotations)]


def _invoked(trace: Any) -> str | None:
    """The model that a prompt router chose."""
    match trace:
        case {"promptRouter": {"invokedModelId": str(model)}}:
            return model
        case _:
            return None


def _beside_model(trace: Any) -> Any:
    """The trace; None where it says no more than which model that was."""
    match trace:
        case {"promptRouter": {"invokedModelId": str(), **more}, **others} if not more and not others:
            return None
        case _:
            return trace
