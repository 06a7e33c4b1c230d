"""A proxy under test: how it is started, how its callers address it, and which load it bears."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cpu
import memory
from program import Program, free_port

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """What a caller puts into its request."""

    model: str
    headers: dict[str, str]


class Subject(ABC):
    """One proxy. The class attributes are its load; a slow proxy gets less, so that none is measured while overloaded.

    An overloaded proxy would find several events in one read, and so seem cheaper for each event than it is.
    """

    name: str
    title: str
    path = "/v1/chat/completions"
    whole = True
    """Whether everything is measured; else only the plain requests."""
    streams = 100
    """Concurrent streams in the streaming window."""
    rate = 200
    """Requests a second in the latency window."""
    held_pace_ms = 1000
    """Time between two events of a held stream."""
    ramp_s = 0.02
    """Pause between opening 20 held streams and the next 20."""
    start_s = 15
    """How long it may take to listen."""

    def __init__(self) -> None:
        self._program: Program | None = None
        self.port = 0

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """Why it cannot be measured here; None where it can."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Its version."""

    @abstractmethod
    def launch(self, room: Path, upstream: int) -> Program:
        """Start it on `self.port` before the upstream's port `upstream`, with files in `room` only."""

    @abstractmethod
    def identities(self) -> list[Identity]:
        """The callers; call after `start`."""

    def parts(self, pids: list[int]) -> dict[str, list[int]]:
        """The processes by what they are for; the empty name stands for the whole."""
        return {"": pids}

    def start(self, room: Path, upstream: int) -> None:
        """Start it, and return once it listens. Raises Broken."""
        room.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._program = self.launch(room, upstream)
        try:
            self._program.wait_for_port(self.port, self.start_s)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._program is not None:
            self._program.stop()
            self._program = None

    def meter(self) -> cpu.Meter:
        """A CPU meter over all its processes, from now on."""
        assert self._program is not None
        return cpu.Meter(self._program.pid)

    def settle(self) -> None:
        """Wait until the work that requests leave behind is done: it belongs to them. Raises Broken."""
        assert self._program is not None

    def memory(self) -> dict[str, memory.Memory]:
        """The memory of each part."""
        assert self._program is not None
        return {name: memory.of(pids) for name, pids in self.parts(self._program.tree()).items()}
