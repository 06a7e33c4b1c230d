"""Values in an answer that only their issuer understands: signatures, encrypted content, and ids of kept state.

They are read so that a later request which carries them back can be told by its origin. Reading one too many is
harmless, missing one is not: what has such a name counts, wherever it stands outside of a tool's arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.sse import SseReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ajar.domain.dialog.parts import Format

KEYS = frozenset(
    {
        "signature",
        "encrypted_content",
        "encrypted_index",
        "encrypted_stdout",
        "thoughtSignature",
        "thought_signature",
        "redactedContent",
        "fallback_credit_token",
    }
)
"""Fields whose text is opaque wherever they stand."""

TYPED: Final[Mapping[str, tuple[str, ...]]] = {
    "data": ("redacted_thinking", "reasoning.encrypted"),
    "fingerprint": ("program",),
}
"""Fields whose text is opaque in an object of one of these types."""

FREE = frozenset({"input", "args", "arguments", "parameters", "input_schema", "schema", "json", "metadata", "env"})
"""Fields that hold whatever a caller or a model wants them to."""

_IDS = frozenset({"container_id", "file_id"})
_HOLDERS = frozenset({"container", "conversation", "audio"})

Found = dict[str, None]
"""Values, each once, in the order in which they were found."""


class _Anthropic(msgspec.Struct, gc=False):
    """A message, or an event. What is not named here is not decoded."""

    content: Any = None
    container: Any = None
    stop_details: Any = None
    message: Any = None
    content_block: Any = None
    delta: Any = None


class _Chat(msgspec.Struct, gc=False):
    choices: Any = None


class _Gemini(msgspec.Struct, gc=False):
    candidates: Any = None


class _Bedrock(msgspec.Struct, gc=False):
    output: Any = None
    delta: Any = None


class _Response(msgspec.Struct, gc=False):
    """The response object, without its echo of the request, tools included."""

    id: Any = None
    output: Any = None
    conversation: Any = None
    store: Any = None


class _Responses(_Response, gc=False):
    """The same at the top of a whole answer; in a stream it stands in an event."""

    response: _Response | None = None
    item: Any = None


_decode: dict[Format, Callable[[bytes], Any]] = {
    "anthropic": msgspec.json.Decoder(_Anthropic).decode,
    "openai-chat": msgspec.json.Decoder(_Chat).decode,
    "openai-responses": msgspec.json.Decoder(_Responses).decode,
    "gemini": msgspec.json.Decoder(_Gemini | list[_Gemini]).decode,
    "bedrock": msgspec.json.Decoder(_Bedrock).decode,
}


def values_in_answer(format: Format, data: bytes) -> list[bytes]:  # noqa: A002 - what the domain calls it
    """The values in a whole JSON answer, or in whole stream events as they are relayed. Never raises.

    Of Bedrock's streams, whose events are framed, use `values_in_events` (in `opaque_parts`).
    """
    return SCANNERS[format](data)


def gather(value: Any, found: Found) -> None:
    """Add every value inside a decoded JSON value. Not below `FREE` fields."""
    stack: list[Any] = [value]
    while stack:
        node = stack.pop()
        if type(node) is list:
            stack += cast("list[Any]", node)
        elif type(node) is dict:
            _gather_fields(cast("dict[str, Any]", node), found, stack)


def _gather_fields(node: dict[str, Any], found: Found, stack: list[Any]) -> None:
    for key, value in node.items():
        if type(value) is str:
            if value and (key in KEYS or key in _IDS or (key in TYPED and node.get("type") in TYPED[key])):
                found[value] = None
        elif type(value) is dict:
            if key in _HOLDERS:
                _add_id(cast("dict[str, Any]", value), found)
            if key not in FREE:
                stack.append(value)
        elif type(value) is list and key not in FREE:
            stack.append(value)


def _add_id(node: dict[str, Any], found: Found) -> None:
    ident = node.get("id")
    if type(ident) is str and ident:
        found[ident] = None


def _values(format: Format, data: bytes) -> list[bytes]:  # noqa: A002
    found: Found = {}
    for document in _documents(data):
        try:
            try:
                _read(_decode[format](document), found)
            except msgspec.ValidationError:
                gather(msgspec.json.decode(document), found)  # JSON perhaps, but of another shape
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # an end mark, or nothing that a caller could read either
    return [value.encode() for value in found]


def _documents(data: bytes) -> list[bytes]:
    """The JSON texts in a body or in events."""
    if data.lstrip()[:1] in (b"{", b"["):
        return [data]
    reader = SseReader()
    try:
        return [event.data for event in (*reader.feed(data), *reader.finish())]
    except UpstreamGarbage:
        return []


def _read(document: msgspec.Struct | list[msgspec.Struct], found: Found) -> None:
    if isinstance(document, list):
        for each in document:
            _read(each, found)
    elif isinstance(document, _Responses):
        gather(document.item, found)
        _response(document, found)
        if document.response is not None:
            _response(document.response, found)
    else:
        gather(msgspec.structs.asdict(document), found)


def _response(response: _Response, found: Found) -> None:
    """Its own id, and the ids of its items where they are kept: a later request may say just those."""
    if type(response.id) is str and response.id:
        found[response.id] = None
    gather({"output": response.output, "conversation": response.conversation}, found)
    if response.store is not False and type(response.output) is list:
        for item in cast("list[Any]", response.output):
            if type(item) is dict:
                _add_id(cast("dict[str, Any]", item), found)


# A stream's usual chunk is text, and must be told from others in no time. A raw `"` is no part of a JSON string, so
# these words can only be names there. Of all ways to search, `rpartition` takes the least time: half of what `in` does.


def _scan_anthropic(data: bytes) -> list[bytes]:
    part = data.rpartition
    if part(b'"signature')[1] or part(b'content_block"')[1] or part(b'"citation')[1] or part(b'"message')[1]:
        return _values("anthropic", data)
    return []


def _scan_chat(data: bytes) -> list[bytes]:
    part = data.rpartition
    if part(b'signature"')[1] or part(b"reasoning.encrypted")[1] or part(b'"audio"')[1]:
        return _values("openai-chat", data)
    return []


def _scan_responses(data: bytes) -> list[bytes]:
    part = data.rpartition
    if part(b'"item"')[1] or part(b'"response"')[1] or data[:1] == b"{":
        return _values("openai-responses", data)
    return []


def _scan_gemini(data: bytes) -> list[bytes]:
    return _values("gemini", data) if data.rpartition(b'ignature"')[1] else []


def _scan_bedrock(data: bytes) -> list[bytes]:
    part = data.rpartition
    return _values("bedrock", data) if part(b'"signature"')[1] or part(b'"redactedContent"')[1] else []


SCANNERS: Final[Mapping[Format, Callable[[bytes], list[bytes]]]] = {
    "anthropic": _scan_anthropic,
    "openai-chat": _scan_chat,
    "openai-responses": _scan_responses,
    "gemini": _scan_gemini,
    "bedrock": _scan_bedrock,
}
"""`values_in_answer` of each format, for whoever asks once for each chunk."""
