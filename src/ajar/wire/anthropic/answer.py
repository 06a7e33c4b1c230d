"""What the record keeps of an upstream's answer: the model it names, why it finished, and its usage."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.usage import merged, usage_of
from ajar.wire.error_field import has_error

if TYPE_CHECKING:
    from ajar.domain.usage import Usage

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""

_N = 0x6E  # the first byte of `null`


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

    def update(self, data: bytes) -> str | None:
        """Take over what the JSON object `data` (an answer or a stream's event) says, and return its type.

        Later facts win; counts of usage are cumulative, so they replace earlier ones. A field of an unexpected type is
        nothing that the record can use, and no reason to refuse the answer. Raises UpstreamGarbage where `data` is not
        JSON.
        """
        try:
            answer = _decode(data)
        except msgspec.ValidationError:
            return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None
        if answer.type == "error" or has_error(answer.error):
            self.failed = True
        if answer.message is not None:
            self._take(answer.message.model, None, answer.message.usage)
        self._take(answer.model, answer.stop_reason, answer.usage)
        if answer.delta is not None and answer.delta.stop_reason:
            self.finish_reason = answer.delta.stop_reason
        return answer.type

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
