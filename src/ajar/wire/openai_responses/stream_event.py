"""One event of a Responses stream, decoded only as far as it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.errors import UpstreamGarbage

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.wire.sse import Sse

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""

_value = msgspec.json.Decoder().decode


class Wire(msgspec.Struct, gc=False):
    """The fields of all kinds of events. `output_index` is -1 where the event has none."""

    type: str = ""
    delta: Any = None
    output_index: int = -1
    content_index: int = 0
    summary_index: int = 0
    logprobs: Any = None
    text: Any = None
    refusal: Any = None
    arguments: Any = None
    input: Any = None
    annotation: Any = None
    item: msgspec.Raw = ABSENT
    part: msgspec.Raw = ABSENT
    response: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    code: Any = None
    message: Any = None


class Response(msgspec.Struct, gc=False):
    """What counts in the response object of an event."""

    id: str | None = None
    model: str | None = None
    created_at: float | None = None
    status: str | None = None
    incomplete_details: Any = None
    error: Any = None
    usage: msgspec.Raw = ABSENT
    output: list[msgspec.Raw] | None = None


_decode = msgspec.json.Decoder(Wire).decode
_decode_response = msgspec.json.Decoder(Response).decode


def decode_event(sse: Sse) -> Wire:
    """The event; of an unknown shape, one without a type. Raises UpstreamGarbage where it is not JSON."""
    try:
        event = _decode(sse.data)
    except msgspec.ValidationError:
        return Wire()  # nothing that this format has, or will have: other kinds of events may have other fields
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the stream holds an event that is not JSON") from None
    if not event.type and sse.name:
        event.type = sse.name.decode("latin-1")
    return event


def decode_response(raw: msgspec.Raw) -> Response:
    """The response object of an event; an empty one where there is none. Raises UpstreamGarbage."""
    if not raw:
        return Response()
    try:
        return _decode_response(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the stream holds a response that is not in the Responses format") from None


def object_in(raw: msgspec.Raw) -> Rest:
    """The object in a field; an empty one where there is none. Raises UpstreamGarbage."""
    if not raw:
        return {}
    try:
        value = _value(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the stream holds an event that is not in the Responses format") from None
    return cast("Rest", value) if type(value) is dict else {}
