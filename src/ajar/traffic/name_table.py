"""The names of deployments in the health file: which slot is whose.

An entry says when its name left the config (0: it is in it), and the name. Only the supervisor writes. A slot keeps its
name until another name needs it, so that a config that comes back finds its deployments as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

_NAME_BYTES: Final = 128  # the longest that `config.model.Name` allows
ENTRY_BYTES: Final = 8 + _NAME_BYTES


class NameTable:
    """Entries for `slots` names, from byte `start` of the file on. Word `used` of the file counts those in use."""

    def __init__(self, memory: memoryview, start: int, slots: int, used: int) -> None:
        self._bytes = memory
        self._words = memory.cast("Q")
        self._times = memory.cast("d")
        self._start = start
        self._slots = slots
        self._used = used
        self._found: dict[str, int] = {}

    @property
    def used(self) -> range:
        """The slots that have a name."""
        return range(self._words[self._used])

    def all(self) -> dict[str, int]:
        """Every name with its slot."""
        return {self._name(slot): slot for slot in self.used}

    def present(self) -> dict[str, int]:
        """Those that are in the config."""
        return {name: slot for name, slot in self.all().items() if not self._left(slot)}

    def holds(self, slot: int, name: str) -> bool:
        """Whether `slot` is that of `name`, and `name` is in the config."""
        return self._name(slot) == name and not self._left(slot)

    def find(self, name: str) -> int | None:
        """The slot of a name that is in the config; None where there is none."""
        found = self._found.get(name)
        if found is None or not self.holds(found, name):
            self._found = self.present()
        return self._found.get(name)

    def free(self) -> list[int]:
        """The slots that may get a name: first those that never had one, then those whose name left longest ago."""
        left = [slot for slot in self.used if self._left(slot)]
        return [*range(len(self.used), self._slots), *sorted(left, key=self._left)]

    def give(self, slot: int, name: str) -> None:
        """Let the slot be that of `name`."""
        text = name.encode()
        assert len(text) <= _NAME_BYTES, "the config's own limit"
        start = self.offset(slot)
        self._bytes[start : start + ENTRY_BYTES] = bytes(8) + text.ljust(_NAME_BYTES, b"\0")
        self._words[self._used] = max(len(self.used), slot + 1)

    def keep(self, names: Container[str], now: float) -> None:
        """Only these are in the config, from `now` on."""
        for name, slot in self.all().items():
            left = 0.0 if name in names else self._left(slot) or now
            self._times[self.offset(slot) // 8] = left

    def offset(self, slot: int) -> int:
        """Where the entry begins in the file."""
        return self._start + slot * ENTRY_BYTES

    def release(self) -> None:
        """Let go of the memory."""
        self._words.release()
        self._times.release()

    def _left(self, slot: int) -> float:
        return self._times[self.offset(slot) // 8]

    def _name(self, slot: int) -> str:
        start = self.offset(slot) + 8
        return bytes(self._bytes[start : start + _NAME_BYTES]).rstrip(b"\0").decode("utf-8", "replace")
