"""A gateway worker: one process that serves the listening sockets it was handed.

It speaks with the supervisor in lines of JSON: `start`, `snapshot`, `ping` and `drain` come in on stdin, `ready`,
`applied` and `refused` go out on stdout. The end of stdin means that the supervisor is gone, or wants no more of it;
then the worker stops at once. Signals are the supervisor's to answer: systemd sends SIGTERM to every process.
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
from time import monotonic
from typing import BinaryIO, Literal

import msgspec
import uvloop

from ajar.config.snapshot import Snapshot
from ajar.errors import AjarError
from ajar.gateway import tables
from ajar.gateway.app import Gateway
from ajar.gateway.closing import Closing
from ajar.gateway.door import Doors
from ajar.gateway.feedback import Desk
from ajar.gateway.health import Health
from ajar.gateway.http.server import Server
from ajar.gateway.mark import Mark
from ajar.gateway.meters import HELP, Meters
from ajar.gateway.recorder import Recorder
from ajar.runtimes.parent import claim_stdout, die_with_parent, say
from ajar.store.origins import Origins
from ajar.traffic.answers import AnswerSender
from ajar.traffic.board import Board
from ajar.traffic.exposition import exposition
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.health import HealthFile
from ajar.traffic.journal import Journal
from ajar.traffic.marks import Marks
from ajar.upstream.client import Client
from ajar.upstream.wallet import Wallet
from ajar.wire.openai_chat.error import error_body


class Message(msgspec.Struct, frozen=True):
    """One line from the supervisor."""

    kind: Literal["start", "snapshot", "ping", "drain"]
    worker: int = 0
    sockets: tuple[int, ...] = ()
    state_dir: str = ""
    answers_fd: int = -1
    """Leads to the steward, who checks answers; -1 where nobody does."""
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
        rule = start.snapshot.config.server.journal_full
        self._journal = Journal(state / "journal", start.worker, must_start=rule == "refuse")
        self._origins = Origins.create_or_open(state / "origins")
        self._client = Client()
        self._wallet = Wallet(os.environ)
        self._feedback = feedback_journal(state, start.worker)
        meters = Meters(self._board)
        self._recorder = Recorder(self._journal, meters, rule)
        self._mark = Mark(_marks(state / "run" / "marks"), start.worker, self._recorder.unfinished)
        self._health_file = HealthFile(state / "run" / "health")
        self._health = Health(self._health_file, start.worker, meters.openings)
        self._doors = Doors(self._health)
        self._answers = None if start.answers_fd < 0 else AnswerSender(start.answers_fd, meters.unchecked)
        self._gateway = Gateway(
            tables.build(start.snapshot, self._wallet, self._doors),
            self._client,
            self._recorder,
            self._origins,
            meters,
            self._health,
            self,
            Desk(self._feedback, meters),
            answers=self._answers,
        )
        self._server = Server(self._gateway.handle, on_error=_render)
        self._closing = Closing(self._gateway.handle, meters)
        self._sockets = [socket.socket(fileno=fd) for fd in start.sockets]
        self._over = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None

    def exposition(self) -> bytes:
        """The metrics of all workers in Prometheus' text format."""
        return exposition([*self._board.totals(), *self._health.totals(monotonic())], HELP).encode()

    async def run(self, lines: asyncio.StreamReader, snapshot: Snapshot) -> None:
        """Serve until told to stop."""
        self._mark.apply(self._gateway.tables)
        for sock in self._sockets:
            await self._server.start(sock)
        _settle_memory()
        say(self._voice, {"kind": "ready", "hash": snapshot.hash, "pid": os.getpid()})
        control = asyncio.create_task(self._obey(lines))
        rotation = asyncio.create_task(self._rotate())
        await self._over.wait()
        for task in (control, rotation, self._draining):
            if task is not None:
                task.cancel()
        await self._server.drain(0)  # whatever still runs is cut, and recorded
        await self._gateway.afterwards.close()
        if self._answers is not None:
            self._answers.close()
        self._mark.close()
        await self._client.close()
        self._journal.close()
        self._feedback.close()
        self._health_file.close()
        self._origins.close()

    async def _obey(self, lines: asyncio.StreamReader) -> None:
        try:
            while line := await lines.readline():
                message = _decode(line)
                if message.kind == "drain":
                    if self._draining is not None:  # there is less time than it was told at first
                        self._draining.cancel()
                    self._draining = asyncio.create_task(self._drain(message.seconds))
                elif message.kind == "ping":
                    say(self._voice, {"kind": "applied", "hash": self._gateway.tables.hash})
                elif message.snapshot is not None:
                    self._apply(message.snapshot)
        finally:
            self._over.set()  # also where the supervisor is gone while it is answered

    async def _drain(self, seconds: float) -> None:
        self._server.stop_accepting(self._closing.handle)
        self._gateway.afterwards.stop()
        await self._server.drain(seconds)
        self._over.set()

    def _apply(self, snapshot: Snapshot) -> None:
        try:
            self._gateway.tables = tables.build(snapshot, self._wallet, self._doors)
        except (AjarError, ValueError, KeyError) as error:
            say(self._voice, {"kind": "refused", "hash": snapshot.hash, "why": str(error)})
        else:
            self._recorder.rule = snapshot.config.server.journal_full
            self._mark.apply(self._gateway.tables)
            _settle_memory()
            say(self._voice, {"kind": "applied", "hash": snapshot.hash})

    async def _rotate(self) -> None:
        """An idle worker's segment is handed over for sealing too."""
        while True:
            await asyncio.sleep(5)
            self._journal.rotate_if_old()
            self._feedback.rotate_if_old()


def _marks(path: Path) -> Marks | None:
    """None where nobody made the file: then no experiment is looked at."""
    try:
        return Marks.open(path)
    except FileNotFoundError:
        return None


def _settle_memory() -> None:
    """Tables live as long as their snapshot: out of the collector's sight they cost it nothing."""
    gc.unfreeze()  # or what was in use the last time, and is garbage in a circle by now, would stay for ever
    gc.collect()
    gc.freeze()
    # No request leaves a circle behind, however it ends, so looking for them every 700 objects would find nothing.
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    uvloop.run(_main(claim_stdout()))


if __name__ == "__main__":
    main()
