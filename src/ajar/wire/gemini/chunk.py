"""An answer, or a chunk of a streamed one: the same shape."""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.errors import UpstreamGarbage

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""


class PartialArg(msgspec.Struct, rename="camel", gc=False):
    """A piece of a call's arguments, at the place that `json_path` names."""

    json_path: str = ""
    string_value: str | None = None
    number_value: int | float | None = None
    bool_value: bool | None = None
    null_value: msgspec.Raw = ABSENT
    will_continue: bool | None = None


class Call(msgspec.Struct, rename="camel", gc=False):
    """A `functionCall`. `args` stays as it was written."""

    id: str | None = None
    name: str | None = None
    args: msgspec.Raw = ABSENT
    partial_args: list[PartialArg] | None = None
    will_continue: bool | None = None


class WirePart(msgspec.Struct, rename="camel", gc=False):
    """A part, as far as it is text or a call; any other has neither."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: Call | None = None


class Content(msgspec.Struct, gc=False):
    """What the model said."""

    parts: list[WirePart] | None = None


class Candidate(msgspec.Struct, rename="camel", gc=False):
    """One of the answers; without an `index` it is the first."""

    content: Content | None = None
    finish_reason: str | None = None
    index: int | None = None
    finish_message: msgspec.Raw = ABSENT
    safety_ratings: msgspec.Raw = ABSENT
    citation_metadata: msgspec.Raw = ABSENT
    grounding_metadata: msgspec.Raw = ABSENT
    url_context_metadata: msgspec.Raw = ABSENT
    logprobs_result: msgspec.Raw = ABSENT


class Chunk(msgspec.Struct, rename="camel", gc=False):
    """The whole."""

    candidates: list[Candidate] | None = None
    usage_metadata: msgspec.Raw = ABSENT
    model_version: str | None = None
    response_id: str | None = None
    create_time: str | None = None
    prompt_feedback: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


_NO_ARGS = (b"", b"{}", b"null")
_typed = msgspec.json.Decoder(Chunk).decode
_plain = msgspec.json.Decoder().decode


def read_chunk(data: bytes) -> Chunk | None:
    """The chunk; None where it is JSON of another shape. Raises UpstreamGarbage where it is no JSON."""
    try:
        return _typed(data)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the upstream's answer is not valid JSON") from None


def value_of(raw: msgspec.Raw) -> Any:
    """A raw value decoded; None where it is absent or cannot be."""
    if not raw:
        return None
    try:
        return _plain(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def text_of_raw(raw: bytes) -> str:
    """The JSON text of a raw value. Raises UpstreamGarbage where it is not UTF-8, which no one has looked at yet."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise UpstreamGarbage("the upstream's answer is not UTF-8") from None


def arguments_of(args: bytes) -> str:
    """The text of a call's `args`, none for none; numbers stay as they were written.

    The white space of an answer that was made for reading is left out. Raises UpstreamGarbage where it is no object.
    """
    if args in _NO_ARGS:
        return "{}"
    if args[:1] != b"{":
        raise UpstreamGarbage("the upstream's answer holds a call whose arguments are no object")
    if b"\n" in args:
        try:
            args = msgspec.json.format(args, indent=-1)
        except (msgspec.DecodeError, RecursionError):
            raise UpstreamGarbage("the upstream's answer holds a call whose arguments cannot be read") from None
    return text_of_raw(args)


def plain_answer(data: bytes) -> dict[str, Any]:
    """The chunk with all its fields, for those that `Chunk` does not hold. Only for data that `read_chunk` has read.

    Raises UpstreamGarbage where the rest of it cannot be decoded.
    """
    try:
        return _plain(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UpstreamGarbage("the upstream's answer cannot be decoded") from None


def plain_parts(plain: dict[str, Any], place: int) -> list[dict[str, Any]]:
    """The parts of the candidate at a place of the list."""
    return plain["candidates"][place]["content"]["parts"]


def first_candidate(chunk: Chunk) -> tuple[int, Candidate | None]:
    """The candidate that is answered with, and its place in the list: the others cannot be carried."""
    for place, candidate in enumerate(chunk.candidates or ()):
        if not candidate.index:
            return place, candidate
    return 0, None
