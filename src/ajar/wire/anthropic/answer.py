"""What the record keeps of an upstream's answer: the model it names, why it finished, and its usage."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.error import is_error, is_error_event
from ajar.wire.anthropic.usage import merged, usage_of
from ajar.wire.error_field import value_in

if TYPE_CHECKING:
    from ajar.domain.usage import Usage

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""

_N = 0x6E  # the first byte of `null`
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Message(msgspec.Struct):
    model: str | None = None
    usage: msgspec.Raw = ABSENT


class _Delta(msgspec.Struct):
    stop_reason: str | None = None


class _Answer(msgspec.Struct):
    """A whole answer, or one event of a stream."""

    type: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    message: _Message | None = None
    delta: _Delta | None = None


class Facts:
    """What an answer, or the beginning and the tail of a stream, says of itself. Absent facts are None."""

    __slots__ = ("failed", "finish_reason", "model", "usage")

    def __init__(self) -> None:
        self.model: str | None = None
        self.finish_reason: str | None = None
        self.usage: msgspec.Raw | None = None
        self.failed = False
        """The answer, or an event of the stream, is an error."""

    def update(self, data: bytes) -> None:
        """Take over what a whole answer says.

        A field of an unexpected type is nothing that the record can use, and no reason to refuse the answer. Raises
        UpstreamGarbage where `data` is not JSON.
        """
        try:
            self._take_all(b"", _decode(data))
        except msgspec.ValidationError:
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None

    def update_from_event(self, name: bytes, data: bytes) -> str:
        """Take over what a stream's event says, and return its type: its data's, or else its name.

        Later facts win; counts of usage are cumulative, so they replace earlier ones. What is of no use to the record
        is passed over.
        """
        try:
            event = _decode(data)
        except _FAULTS:
            self.failed = self.failed or name == b"error" or is_error(value_in(data))
            return name.decode("latin-1")
        self._take_all(name, event)
        return event.type or name.decode("latin-1")

    def counts(self) -> Usage | None:
        """The usage in Ajar's arithmetic."""
        return usage_of(self.usage)

    def raw(self) -> str | None:
        """The JSON text of the provider's own usage block; of a stream, all that its events said of it."""
        return None if self.usage is None else str(self.usage, "utf-8", "replace")

    def update_from_tail(self, tail: bytes) -> None:
        """Take over what the end of a large answer says: what follows its content, if that is well-formed."""
        at = tail.rfind(b'"stop_reason"')
        if at >= 0:
            with contextlib.suppress(UpstreamGarbage):
                self.update(b"{" + tail[at:])

    def _take_all(self, name: bytes, answer: _Answer) -> None:
        if is_error_event(name, answer.type, answer.error):
            self.failed = True
        if answer.message is not None:
            self._take(answer.message.model, None, answer.message.usage)
        if answer.model or answer.stop_reason or answer.usage:
            self._take(answer.model, answer.stop_reason, answer.usage)
        if answer.delta is not None and answer.delta.stop_reason:
            self.finish_reason = answer.delta.stop_reason

    def _take(self, model: str | None, stop_reason: str | None, usage: msgspec.Raw) -> None:
        if model:
            self.model = model
        if stop_reason:
            self.finish_reason = stop_reason
        if _there(usage):
            self.usage = merged(self.usage, usage)


def _there(value: msgspec.Raw) -> bool:
    return bool(value) and memoryview(value)[0] != _N


_decode = msgspec.json.Decoder(_Answer).decode
