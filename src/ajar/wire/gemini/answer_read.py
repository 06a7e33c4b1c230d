"""A whole answer of `generateContent`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.answer import Answer
from ajar.domain.dialog.parts import Reasoning, Text, ToolCall
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.gemini.chunk import (
    arguments_of,
    first_candidate,
    plain_answer,
    plain_parts,
    read_chunk,
    text_of_raw,
    value_of,
)
from ajar.wire.gemini.logprobs import logprobs_of
from ajar.wire.gemini.parts_read import made_id, read_part
from ajar.wire.gemini.spelling import camelled
from ajar.wire.gemini.stop import blocked, finish_of, may_be_filtered
from ajar.wire.gemini.usage import service_tier_of, usage_of
from ajar.wire.json_fields import Fields

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Finish
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.gemini.chunk import Candidate, Chunk, WirePart

_KNOWN = frozenset(
    {"candidates", "usageMetadata", "modelVersion", "responseId", "createTime", "promptFeedback", "error"}
)
_KNOWN_OF_CANDIDATE = frozenset(
    {
        "avgLogprobs",  # said with every answer of Vertex, asked for or not
        "content",
        "finishReason",
        "finishMessage",
        "index",
        "tokenCount",
        "safetyRatings",
        "citationMetadata",
        "groundingMetadata",
        "urlContextMetadata",
        "logprobsResult",
    }
)
_EMPTY = frozenset({"text", "thought", "thoughtSignature"})


def read_answer(body: bytes) -> Answer:
    """The answer that `body` is. Raises UpstreamGarbage where it is none."""
    chunk = read_chunk(body)
    if chunk is None or chunk.error:
        raise UpstreamGarbage("the upstream's answer is no answer of generateContent")
    plain = plain_answer(body)
    rest = {name: value for name, value in plain.items() if name not in _KNOWN}
    place, candidate = first_candidate(chunk)
    parts: list[Part] = []
    if candidate is not None:
        parts = _parts(candidate, plain, place, chunk.response_id or "")
        more = plain["candidates"][place].items()
        rest |= {name: value for name, value in more if name not in _KNOWN_OF_CANDIDATE}
    usage = chunk.usage_metadata
    return Answer(
        format="gemini",
        parts=parts,
        finish=_finish(chunk, candidate, parts),
        id=chunk.response_id,
        model=chunk.model_version,
        created=seconds_of(chunk.create_time),
        usage=usage_of(usage),
        usage_raw=text_of_raw(bytes(usage)) if usage else None,
        service_tier=service_tier_of(usage),
        logprobs=logprobs_of(candidate.logprobs_result) if candidate else None,
        rest=rest,
    )


def _finish(chunk: Chunk, candidate: Candidate | None, parts: list[Part]) -> Finish:
    if candidate is None:
        finish = blocked_by(chunk)
        if finish is None:
            raise UpstreamGarbage("the upstream's answer holds no candidate, and no reason why")
        return finish
    rest = aside_of(candidate)
    notes = notes_of(candidate)
    if notes:
        texts = [part for part in parts if type(part) is Text and part.text]
        if texts:
            texts[-1].annotations = notes
        else:
            for note in notes:
                rest |= note
    if candidate.finish_reason is None and not parts:
        raise UpstreamGarbage("the upstream's answer holds nothing, and no reason why")
    return finish_of(candidate.finish_reason, rest, calls=any([type(part) is ToolCall for part in parts]))  # noqa: C419 - a list is faster


def blocked_by(chunk: Chunk) -> Finish | None:
    """The finish of an answer whose prompt was blocked; None where it was not."""
    feedback: Any = value_of(chunk.prompt_feedback)
    reason: Any = cast("Rest", feedback).get("blockReason") if type(feedback) is dict else None
    return blocked(reason, {"promptFeedback": feedback}) if type(reason) is str else None


def aside_of(candidate: Candidate) -> Rest:
    """What a candidate says beside its reason to finish.

    A message on a plain STOP tells nothing more, and ratings do so only where they may be why it was stopped.
    """
    reason = candidate.finish_reason
    found = {
        "finishMessage": None if reason == "STOP" else value_of(candidate.finish_message),
        "safetyRatings": value_of(candidate.safety_ratings) if may_be_filtered(reason) else None,
    }
    return {name: value for name, value in found.items() if value}


def notes_of(candidate: Candidate) -> list[Rest]:
    """What a candidate says on where its text comes from: each an annotation, under its own name."""
    found = {
        "citationMetadata": value_of(candidate.citation_metadata),
        "groundingMetadata": value_of(candidate.grounding_metadata),
        "urlContextMetadata": value_of(candidate.url_context_metadata),
    }
    return [{name: value} for name, value in found.items() if value]


def seconds_of(time: str | None) -> int | None:
    """Seconds since 1970 UTC of an RFC 3339 time; None where it is none."""
    if time is None:
        return None
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except (ValueError, OverflowError):
        return None


def _parts(candidate: Candidate, plain: Rest, place: int, answer: str) -> list[Part]:
    parts: list[Part] = []
    for at, part in enumerate((candidate.content and candidate.content.parts) or ()):
        if part.function_call is not None:
            parts.append(call_of(part, len(parts), answer))
        elif part.text is not None:
            parts.append(text_of(part))
        else:
            parts.append(other_part(plain_parts(plain, place)[at]))
    return parts


def text_of(part: WirePart) -> Text | Reasoning:
    """Text or a thought."""
    text = part.text or ""
    if part.thought:
        return Reasoning(text, part.thought_signature, summary=True)
    return Text(text, part.thought_signature)


def call_of(part: WirePart, number: int, answer: str) -> ToolCall:
    """A whole call, the part `number` of the answer with this id. Its arguments stay as they were written."""
    call = part.function_call
    assert call is not None
    args = bytes(call.args)
    name = call.name or ""
    identity = call.id or made_id(number, answer, name, args)
    return ToolCall(identity, name, arguments_of(args), opaque=part.thought_signature)


def other_part(plain: Rest) -> Part:
    """A part that is neither text nor a call. Raises UpstreamGarbage."""
    if plain.keys() <= _EMPTY:
        return Text("", plain.get("thoughtSignature"))
    try:
        return read_part(Fields(camelled(plain)))
    except InvalidField as error:
        raise UpstreamGarbage(f"the upstream's answer holds a part that cannot be read: {error.message}") from None
