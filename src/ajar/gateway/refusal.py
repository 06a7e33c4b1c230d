"""What a refusal says, and what the caller is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamDenied, UpstreamGarbage, UpstreamRefused
from ajar.wire.formats import FORMATS
from ajar.wire.refusal import refused_events

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format
    from ajar.gateway.answer import Answer
    from ajar.gateway.ask import Ask
    from ajar.upstream.client import Response
    from ajar.wire.read_error import ReadError


def read_refusal(answer: Answer, back: Format | None, ask: Ask) -> ReadError:
    """The error in a refusal's body, which is in the format of `back`, or in the caller's own."""
    if answer.refused is not None:
        return answer.refused
    return FORMATS[back or ask.front.format].read_error(answer.response.status, answer.body)


def what_to_tell(answer: Answer) -> Answer | AjarError:
    """The refusal itself where its own words will do, else an error in its place.

    That keeps the status and the time to wait, as the official clients go by both, but nothing of a body that may be a
    page for people.
    """
    response, name = answer.response, answer.target.name
    if answer.target.denied(response.status):
        return UpstreamDenied(f"deployment `{name}` refused Ajar's credentials: its operator must mend its api_key")
    if not is_object(answer.body):
        return _in_its_place(answer, f"deployment `{name}`: {not_json(response, answer.body)}")
    if not (response.ended or answer.translated):
        words = f"deployment `{name}` refused with status {response.status} and a body that is too long to be passed on"
        return _in_its_place(answer, words)
    return answer


def declined(ask: Ask, answer: Answer) -> bool:
    """Whether the deployment declined to answer on grounds of safety, as far as a stream's beginning tells."""
    front = ask.front
    if answer.reader is None:
        return front.refused(answer.response.status, answer.body)
    reader = FORMATS[front.format].stream_reader()
    try:
        return refused_events(reader.feed(answer.body) + reader.finish())
    except UpstreamGarbage:
        return False


def is_json(response: Response) -> bool:
    """Whether its content type says JSON."""
    kind = (response.header(b"content-type") or b"").partition(b";")[0].strip().lower()
    return kind == b"application/json" or kind.endswith(b"+json")


def is_object(body: bytes) -> bool:
    """Whether this may be a JSON object."""
    return body.lstrip()[:1] == b"{"


def not_json(response: Response, body: bytes) -> str:
    """Why a body that is no JSON object is none, in words."""
    if not body.strip():
        what = "an empty body"
    elif response.header(b"content-encoding"):
        what = "a compressed body, though that was not accepted"
    else:
        what = "a body that is no JSON object"
    return f"the upstream answered status {response.status} with {what}"


def _in_its_place(answer: Answer, words: str) -> UpstreamRefused:
    error = UpstreamRefused(answer.response.status, words, None, None)
    error.retry_after = answer.told
    return error
