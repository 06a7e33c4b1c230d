"""What the record keeps of an upstream's answer: the model it names, why it finished, and its usage."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.error_field import has_error, value_in
from ajar.wire.openai_chat.error import is_error_chunk, is_error_event
from ajar.wire.openai_chat.finish import is_failure
from ajar.wire.openai_chat.usage import counts_of

if TYPE_CHECKING:
    from ajar.domain.usage import Usage

ABSENT = msgspec.Raw()
"""An absent value: msgspec has no union of Raw and None."""


_N = 0x6E  # the first byte of `null`
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Choice(msgspec.Struct):
    finish_reason: str | None = None
    error: Any = None


class _Answer(msgspec.Struct):
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    object: Any = None


class Facts:
    """What an answer, or the tail of a stream, says of itself. Absent facts are None."""

    __slots__ = ("failed", "finish_reason", "model", "usage")

    def __init__(
        self,
        model: str | None = None,
        finish_reason: str | None = None,
        usage: msgspec.Raw | None = None,
    ) -> None:
        self.model = model
        self.finish_reason = finish_reason
        self.usage = usage
        self.failed = False
        """A stream's event was an error object."""

    def update(self, data: bytes) -> None:
        """Take over what the JSON object `data` (an answer or a stream's chunk) says; later facts win.

        A field of an unexpected type is nothing that the record can use, and no reason to refuse the answer. Raises
        UpstreamGarbage where `data` is not JSON.
        """
        try:
            answer = _decode(data)
        except msgspec.ValidationError:
            return
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None
        self._take(answer)
        self.failed = self.failed or has_error(answer.error)

    def update_from_event(self, name: bytes, data: bytes) -> None:
        """Take over what a stream's event says; later facts win. What is of no use to the record is passed over."""
        try:
            chunk = _decode(data)
        except _FAULTS:
            self.failed = self.failed or is_error_event(name, value_in(data))
            return
        self._take(chunk)
        if is_error_chunk(name, chunk.error, chunk.object) or any(map(_failed, chunk.choices or ())):
            self.failed = True

    def add_earlier(self, earlier: Facts) -> None:
        """Take over what an earlier event of the same stream says, where none of the later ones says it."""
        self.model = self.model or earlier.model
        self.finish_reason = self.finish_reason or earlier.finish_reason
        self.usage = self.usage or earlier.usage
        self.failed = self.failed or earlier.failed

    @property
    def complete(self) -> bool:
        """No earlier event can add anything, unless it is an error."""
        return bool(self.model and self.finish_reason and self.usage)

    def counts(self) -> Usage | None:
        """The usage in Ajar's arithmetic."""
        return counts_of(self.usage)

    def raw(self) -> str | None:
        """The JSON text of the provider's own usage block."""
        return None if self.usage is None else str(self.usage, "utf-8", "replace")

    def update_from_tail(self, tail: bytes) -> None:
        """Take over what the end of a large answer says: what follows its last list, if that is well-formed."""
        at = tail.rfind(b"],")
        if at >= 0:
            with contextlib.suppress(UpstreamGarbage):
                self.update(b"{" + tail[at + 2 :])

    def _take(self, answer: _Answer) -> None:
        if answer.model:
            self.model = answer.model
        if answer.usage and memoryview(answer.usage)[0] != _N:
            self.usage = answer.usage  # a view of the data, which lives as long
        for choice in answer.choices or ():
            if choice.finish_reason:
                self.finish_reason = choice.finish_reason


def _failed(choice: _Choice) -> bool:
    return bool(choice.error) or is_failure(choice.finish_reason)


_decode = msgspec.json.Decoder(_Answer).decode
