"""A deployment that tells tales, and in the middle of them, or before, does something wrong at random."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

from faults.table import FAULTS
from faults.upstream import Peer, Upstream, healthy
from soak.tale import WORD, Tale, Wish

if TYPE_CHECKING:
    from faults.speech import Speech
    from faults.table import Fault
    from faults.upstream import Act, Seen

WELL = "well"
_LEFT_OUT = {
    "endless answer": "repeats a word, which is what the soak looks for",
    "one byte at a time": "costs a second of CPU: see `crumbs`",
    "invalid UTF-8 in the text": "changes the text",
    "line of 200 MB": "would measure this machine's memory bus",
}
"""Rows of the table that are not played, and why."""
_STORM = ("500", "503", "529", "reset after the request", "closed after the request", "429, no retry-after")
"""What a deployment does that is down as a whole."""


@dataclass(slots=True)
class Attempt:
    """What became of one request. Times are `monotonic`."""

    deployment: str
    act: str
    seen: Seen
    over_at: float | None = None
    """When the act was played to its end."""

    @property
    def ended_at(self) -> float | None:
        """When that was, or when the gateway closed the connection under it; None while it runs."""
        return min((at for at in (self.seen.left_at, self.over_at) if at is not None), default=None)


Book = dict[int, list[Attempt]]
"""The attempts by the number of the wish."""


class Narrator(Peer):
    """Takes its time for each word."""

    pause_s = 0.0

    async def start(self, kind: str, **options: Any) -> None:  # type: ignore[override]
        """Thinks first."""
        await self._rest()
        await super().start(kind, **options)

    async def pieces(self, *pieces: bytes) -> None:
        """Several, with the pauses."""
        for data in pieces:
            if WORD.encode() in data:
                await self._rest()
            await self.piece(data)

    async def _rest(self) -> None:
        await asyncio.sleep(self.pause_s)
        if self.gone.is_set():
            raise ConnectionResetError("nobody listens")


async def crumbs(peer: Peer, speech: Speech) -> None:
    """A good body in pieces of a few bytes, anywhere cut."""
    assert isinstance(peer, Narrator)
    body = b"".join(speech.events) if speech.stream else speech.whole
    size = max(len(body) // 60, 1)
    await peer.start(speech.kind, length=len(body))
    for at in range(0, len(body), size):
        await peer.piece(body[at : at + size])
        await asyncio.sleep(peer.pause_s / 10)


def rows(*, stream: bool) -> list[tuple[str, Act]]:
    """The faults that such a request may meet."""
    found = [(fault.name, fault.act) for fault in FAULTS if _is_played(fault) and fault.failure(stream=stream)]
    return [*found, ("crumbs", crumbs)]


def _is_played(fault: Fault) -> bool:
    return fault.listens == "tcp" and fault.reads and fault.back is None and fault.name not in _LEFT_OUT


HARMLESS = {"crumbs", WELL, *(fault.name for fault in FAULTS if fault.streamed and fault.streamed.kind == "harmless")}
"""What does no harm to a stream."""
HARMLESS_WHOLE = {"crumbs", WELL, *(fault.name for fault in FAULTS if fault.whole and fault.whole.kind == "harmless")}

_ROWS = {stream: rows(stream=stream) for stream in (False, True)}


@dataclass
class Teller(Upstream):
    """`share` of the requests meet a fault; which, is decided by `seed` and the request alone, not by the clock."""

    name: str = ""
    seed: int = 0
    share: float = 0.0
    book: Book = field(default_factory=dict)
    storm: bool = False
    """It is down as a whole."""

    def __post_init__(self) -> None:
        self.acts = (self._play,)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Peer:
        """A gateway is there."""
        peer = Narrator(reader, writer)
        self.connections += 1
        self.peers.append(peer)
        task = asyncio.get_running_loop().create_task(self._serve(peer))
        self._tasks.add(task)

        def gone(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self.peers.remove(peer)
            peer.writer.close()

        task.add_done_callback(gone)
        return peer

    def hang_up(self) -> None:
        """Close the connections on which nothing is asked."""
        for peer in self.peers:
            if peer.under is None or peer.under.done:
                peer.close()

    def _speech(self, seen: Seen) -> Tale:
        wish = Wish.read(seen.body)
        body = seen.json
        seen.head = seen.body = b""  # hundreds of thousands of them are kept for a while
        self.seen.clear()
        return Tale(self.format, body, wish, seen, stream=bool(body.get("stream")))

    async def _play(self, peer: Peer, tale: Speech) -> None:
        assert isinstance(peer, Narrator)
        assert isinstance(tale, Tale)
        wish = tale.wish
        told = self.book.setdefault(wish.number, [])
        name, act = self._choose(wish, len(told), stream=tale.stream)
        attempt = Attempt(self.name, name, tale.seen)
        told.append(attempt)
        peer.pause_s = wish.pause_s
        await act(peer, tale)
        attempt.over_at = monotonic()

    def _choose(self, wish: Wish, nth: int, *, stream: bool) -> tuple[str, Act]:
        chance = Random(f"{self.seed}/{self.name}/{wish.number}/{nth}")
        found = _ROWS[stream]
        if self.storm:
            return chance.choice([row for row in found if row[0] in _STORM])
        return chance.choice(found) if chance.random() < self.share else (WELL, healthy)
