"""Remembers who issued what only its issuer understands, as it goes to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.opaque import SCANNERS
from ajar.wire.opaque_parts import values_in_events, values_in_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Format
    from ajar.gateway.target import Target
    from ajar.store.origins import Origins


class Issued:
    """For one answer of one deployment to one caller."""

    __slots__ = ("_caller", "_origins", "_target")

    def __init__(self, origins: Origins, caller: str, target: Target) -> None:
        self._origins = origins
        self._caller = caller
        self._target = target

    def passing(self, speech: Format, data: bytes) -> None:
        """`data`, a whole answer or whole events in that format, goes to the caller as it is."""
        values = SCANNERS[speech](data)
        if values:
            self._note(values)

    def events(self, events: list[Event]) -> None:
        """These events of a stream are translated for the caller."""
        values = values_in_events(events)
        if values:
            self._note(values)

    def whole(self, answer: Answer) -> None:
        """This answer is translated for the caller."""
        values = values_in_whole(answer)
        if values:
            self._note(values)

    def _note(self, values: Iterable[str | bytes]) -> None:
        self._origins.note(self._caller, values, self._target.name, self._target.account)
