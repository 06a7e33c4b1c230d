"""What the supervisor tells the steward: one JSON message a line, on stdin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ajar.config.snapshot import Snapshot
from ajar.rollout.setting import Crash, Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_AT_ONCE: Final = 1 << 20


class Start(msgspec.Struct, frozen=True, tag_field="kind", tag="start"):
    """The first line. `answers_fd` is the socket that answers come from; -1: none."""

    state_dir: str
    folder: str
    base_url: str
    snapshot: Snapshot
    key: str | None = None
    answers_fd: int = -1

    def setting(self) -> Setting:
        """What the steward begins with."""
        return Setting(Path(self.state_dir), Path(self.folder), self.base_url, self.key, self.snapshot)


class InForce(msgspec.Struct, frozen=True, tag_field="kind", tag="snapshot"):
    """All workers have this snapshot."""

    snapshot: Snapshot
    key: str | None = None


class Crashed(msgspec.Struct, frozen=True, tag_field="kind", tag="crashed"):
    """The process of a started deployment ended by itself."""

    deployment: str
    time: int


_start = msgspec.json.Decoder(Start).decode
_news = msgspec.json.Decoder(InForce | Crashed).decode


def lines(fd: int) -> Iterator[bytes]:
    """The lines that come from there, up to the end; half a line at the end does not count.

    Read without a buffered reader: a thread that waits in one keeps the interpreter from ending.
    """
    begun: list[bytes] = []
    while data := os.read(fd, _AT_ONCE):
        first, *more = data.split(b"\n")
        begun.append(first)
        if more:
            yield b"".join(begun)
            yield from more[:-1]
            begun = [more[-1]]


def start(line: bytes) -> Start:
    """The start message. Raises msgspec.DecodeError where the line is none."""
    return _start(line)


def follow(news: Iterator[bytes], setting: Setting, log: Callable[[str], None]) -> None:
    """Keep `setting` up to date until the lines end."""
    for line in news:
        try:
            message = _news(line)
        except msgspec.DecodeError as error:
            log(f"the steward was told something that it does not understand: {error}")
            continue
        if isinstance(message, InForce):
            setting.snapshot, setting.key = message.snapshot, message.key
        else:
            setting.crashes.append(Crash(message.deployment, message.time))
