"""What the record keeps of an upstream's answer: the model it names, why it finished, and its usage."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.error_field import has_error, value_in
from ajar.wire.openai_responses.error import is_error, is_error_event, is_failed
from ajar.wire.openai_responses.usage import usage_of

if TYPE_CHECKING:
    from ajar.domain.usage import Usage

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""

_N = 0x6E  # the first byte of `null`
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_UNFINISHED = frozenset({"queued", "in_progress"})


class _Details(msgspec.Struct):
    reason: str | None = None


class _Response(msgspec.Struct):
    type: Any = None
    model: str | None = None
    status: str | None = None
    incomplete_details: _Details | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class _Event(msgspec.Struct):
    type: str | None = None
    response: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class Facts:
    """What an answer, or the tail of a stream, says of itself. Absent facts are None.

    `finish_reason` is why the answer is incomplete, else its last status.
    """

    __slots__ = ("failed", "finish_reason", "model", "usage")

    def __init__(self) -> None:
        self.model: str | None = None
        self.finish_reason: str | None = None
        self.usage: msgspec.Raw | None = None
        self.failed = False
        """The answer is an error, or ends in one."""

    def update(self, data: bytes) -> None:
        """Take over what a whole answer says; later facts win.

        A field of an unexpected type is nothing that the record can use, and no reason to refuse the answer. Raises
        UpstreamGarbage where `data` is not JSON.
        """
        try:
            self._take(_decode(data))
        except msgspec.ValidationError:
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None

    def update_from_event(self, name: bytes, data: bytes) -> str:
        """Take over what a stream's event says, and return its type: its data's, or else its name.

        What is of no use to the record is passed over.
        """
        try:
            event = _decode_event(data)
        except _FAULTS:
            kind = name.decode("latin-1")
            self.failed = self.failed or is_error_event(kind, ABSENT) or is_error(value_in(data))
            return kind
        kind = event.type or name.decode("latin-1")
        if _there(event.response):
            with contextlib.suppress(UpstreamGarbage):
                self.update(bytes(event.response))
        if is_error_event(kind, event.error):
            self.failed = True
        return kind

    def counts(self) -> Usage | None:
        """The usage in Ajar's arithmetic."""
        return usage_of(self.usage)

    def raw(self) -> str | None:
        """The JSON text of the provider's own usage block."""
        return None if self.usage is None else str(self.usage, "utf-8", "replace")

    def update_from_tail(self, tail: bytes) -> None:
        """Take over what the end of a large answer says: what follows its last list, if that is well-formed."""
        at = tail.rfind(b"],")
        if at >= 0:
            with contextlib.suppress(UpstreamGarbage):
                self.update(b"{" + tail[at + 2 :])

    def _take(self, response: _Response) -> None:
        if response.model:
            self.model = response.model
        if _there(response.usage):
            self.usage = response.usage  # a view of the data, which lives as long
        if is_failed(response.type, response.status, error=has_error(response.error)):
            self.failed = True
        details = response.incomplete_details
        reason = details.reason if details is not None else None
        if reason or (response.status and response.status not in _UNFINISHED):
            self.finish_reason = reason or response.status


def _there(value: msgspec.Raw) -> bool:
    return bool(value) and memoryview(value)[0] != _N


_decode = msgspec.json.Decoder(_Response).decode
_decode_event = msgspec.json.Decoder(_Event).decode
