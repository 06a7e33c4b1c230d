"""A gateway worker: one process that serves the listening sockets it was handed.

It speaks with the supervisor in lines of JSON: `start`, `snapshot`, `ping` and `drain` come in on stdin, `ready`,
`applied` and `refused` go out on stdout. The end of stdin means that the supervisor is gone; then the worker stops at
once.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
import uvloop

from ajar.config.snapshot import Snapshot
from ajar.errors import AjarError
from ajar.gateway import tables
from ajar.gateway.app import Gateway
from ajar.gateway.http.server import Server
from ajar.gateway.meters import HELP, Meters
from ajar.runtimes.parent import claim_stdout, die_with_parent, say
from ajar.store.origins import Origins
from ajar.traffic.board import Board
from ajar.traffic.exposition import exposition
from ajar.traffic.journal import Journal
from ajar.upstream.client import Client
from ajar.upstream.wallet import Wallet
from ajar.wire.openai_chat.error import error_body


class Message(msgspec.Struct, frozen=True):
    """One line from the supervisor."""

    kind: Literal["start", "snapshot", "ping", "drain"]
    worker: int = 0
    sockets: tuple[int, ...] = ()
    state_dir: str = ""
    snapshot: Snapshot | None = None
    seconds: float = 0.0


_decode = msgspec.json.Decoder(Message).decode


class Worker:
    """The worker's parts, made from the start message, and the hands that the supervisor's later messages move."""

    def __init__(self, start: Message, voice: BinaryIO) -> None:
        assert start.snapshot is not None
        self._voice = voice
        state = Path(start.state_dir)
        self._board = Board.open(state / "run" / "board", start.worker)
        self._journal = Journal(state / "journal", start.worker)
        self._origins = Origins.create_or_open(state / "origins")
        self._client = Client()
        self._wallet = Wallet(os.environ)
        self._gateway = Gateway(
            tables.build(start.snapshot, self._wallet),
            self._client,
            self._journal,
            self._origins,
            Meters(self._board),
            self,
        )
        self._server = Server(self._gateway.handle, on_error=_render)
        self._sockets = [socket.socket(fileno=fd) for fd in start.sockets]
        self._over = asyncio.Event()

    def exposition(self) -> bytes:
        """The metrics of all workers in Prometheus' text format."""
        return exposition(self._board.totals(), HELP).encode()

    async def run(self, lines: asyncio.StreamReader, snapshot: Snapshot) -> None:
        """Serve until told to stop."""
        for sock in self._sockets:
            await self._server.start(sock)
        _settle_memory()
        say(self._voice, {"kind": "ready", "hash": snapshot.hash, "pid": os.getpid()})
        control = asyncio.create_task(self._obey(lines))
        rotation = asyncio.create_task(self._rotate())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._over.set)
        await self._over.wait()
        for task in (control, rotation):
            task.cancel()
        await self._server.drain(0)  # whatever still runs is cut, and recorded
        await self._client.close()
        self._journal.close()
        self._origins.close()

    async def _obey(self, lines: asyncio.StreamReader) -> None:
        try:
            while line := await lines.readline():
                message = _decode(line)
                if message.kind == "drain":
                    self._server.stop_accepting()
                    await self._server.drain(message.seconds)
                    break
                if message.kind == "ping":
                    say(self._voice, {"kind": "applied", "hash": self._gateway.tables.hash})
                elif message.snapshot is not None:
                    self._apply(message.snapshot)
        finally:
            self._over.set()  # also where the supervisor is gone while it is answered

    def _apply(self, snapshot: Snapshot) -> None:
        try:
            self._gateway.tables = tables.build(snapshot, self._wallet)
        except (AjarError, ValueError, KeyError) as error:
            say(self._voice, {"kind": "refused", "hash": snapshot.hash, "why": str(error)})
        else:
            _settle_memory()
            say(self._voice, {"kind": "applied", "hash": snapshot.hash})

    async def _rotate(self) -> None:
        """An idle worker's segment is handed over for sealing too."""
        while True:
            await asyncio.sleep(5)
            self._journal.rotate_if_old()


def _settle_memory() -> None:
    """Tables live as long as their snapshot: out of the collector's sight they cost it nothing."""
    gc.collect()
    gc.freeze()
    # A request leaves no cycles behind, so looking for them every 700 objects finds nothing most of the time.
    gc.set_threshold(10_000, 20, 50)


def _render(error: AjarError) -> tuple[int, bytes]:
    return error.status, error_body(error)


async def _stdin() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=256 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _main(voice: BinaryIO) -> None:
    lines = await _stdin()
    first = await lines.readline()
    if not first:
        return
    start = _decode(first)
    assert start.snapshot is not None
    await Worker(start, voice).run(lines, start.snapshot)


def main() -> None:
    """`python -m ajar.gateway.worker`: the supervisor starts it, nobody else."""
    die_with_parent()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the supervisor's to answer
    uvloop.run(_main(claim_stdout()))


if __name__ == "__main__":
    main()
