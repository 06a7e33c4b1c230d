"""A gateway in this process: the real server, transport, journal and board, on a thread of its own."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import uvloop

from ajar.config.model import Config
from ajar.config.snapshot import KeyEntry, Snapshot, config_hash
from ajar.gateway import tables
from ajar.gateway.app import Gateway
from ajar.gateway.closing import Closing
from ajar.gateway.door import Doors
from ajar.gateway.feedback import Desk
from ajar.gateway.health import Health
from ajar.gateway.http.server import Server
from ajar.gateway.meters import HELP, Meters
from ajar.gateway.recorder import Recorder
from ajar.store.origins import Origins
from ajar.traffic.answers import AnswerSender
from ajar.traffic.board import Board
from ajar.traffic.exposition import exposition
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.health import HealthFile
from ajar.traffic.journal import Journal
from ajar.upstream.client import Client
from ajar.upstream.wallet import Wallet
from ajar.wire.openai_chat.error import error_body

if TYPE_CHECKING:
    from pathlib import Path

# msgspec learns a type when it is first used, and two threads that do that at once end the process (seen 2026-11 with
# 0.22); services are started in several.
msgspec.convert({"deployments": {}, "routes": {}}, Config)


@dataclass
class Result:
    """An answer as the caller saw it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Service:
    """Serves `config` (a dict shaped like ajar.toml) from `state` until `stop`."""

    def __init__(
        self,
        config: dict[str, Any],
        state: Path,
        keys: tuple[KeyEntry, ...] = (),
        answers: socket.socket | None = None,
        **options: Any,
    ) -> None:
        """`answers` is where answers are sent to be checked; `options` are fields of the snapshot."""
        self.state = state
        self._answers = answers
        self._config = msgspec.convert(config, Config)
        self._keys = keys
        self._options = options
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._loop = uvloop.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    def snapshot(self, config: Config, keys: tuple[KeyEntry, ...]) -> Snapshot:
        """What the supervisor would publish."""
        return Snapshot(
            hash=config_hash(config),
            config=config,
            keys=keys,
            **{"keyless": not keys, "loopback": True, **self._options},
        )

    def apply(self, config: dict[str, Any] | None = None, keys: tuple[KeyEntry, ...] | None = None) -> None:
        """Swap the tables, as a new snapshot does."""
        if config is not None:
            self._config = msgspec.convert(config, Config)
        if keys is not None:
            self._keys = keys
        self._health_file.name(self._config.deployments)
        self.gateway.tables = tables.build(self.snapshot(self._config, self._keys), Wallet(os.environ), self._doors)
        self.recorder.rule = self._config.server.journal_full

    def exposition(self) -> bytes:
        """The metrics text."""
        return exposition(self._board.totals(), HELP).encode()

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Result:
        """One request on a connection of its own; a dict is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        connection.request(method, path, data, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        result = Result(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )
        connection.close()
        return result

    def chat(self, model: str = "r", headers: dict[str, str] | None = None, **fields: Any) -> Result:
        """A chat completion."""
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **fields}
        return self.request("POST", "/v1/chat/completions", body, headers)

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def records(self) -> list[dict[str, Any]]:
        """Every record in the journal, oldest first."""
        lines: list[dict[str, Any]] = []
        for segment in sorted((self.state / "journal").iterdir()):
            lines += [json.loads(line[9:]) for line in segment.read_bytes().splitlines()]
        return lines

    def close_doors(self) -> None:
        """Begin to drain, as SIGTERM does; `stop` ends it."""
        done = threading.Event()

        def close() -> None:
            self._server.stop_accepting(self._closing.handle)
            self.gateway.afterwards.stop()
            done.set()

        self._loop.call_soon_threadsafe(close)
        assert done.wait(10)

    def stop(self) -> None:
        """End the thread and close everything."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        board = self.state / "run" / "board"
        board.parent.mkdir(parents=True, exist_ok=True)
        Board.create(board, 1)
        self._board = Board.open(board, 0)
        self._journal = Journal(self.state / "journal", 0)
        self._client = Client()
        self._health_file = HealthFile.create(board.with_name("health"), 1, len(self._config.deployments))
        self._health_file.name(self._config.deployments)
        meters = Meters(self._board)
        self.health = Health(self._health_file, 0, meters.openings)
        self._doors = Doors(self.health)
        built = tables.build(self.snapshot(self._config, self._keys), Wallet(os.environ), self._doors)
        self._origins = Origins.create_or_open(self.state / "origins", 2**10)
        self.recorder = Recorder(self._journal, meters, self._config.server.journal_full)
        self._feedback = feedback_journal(self.state, 0)
        desk = Desk(self._feedback, meters)
        answers = None if self._answers is None else AnswerSender(self._answers.detach(), meters.unchecked)
        self.gateway = Gateway(
            built, self._client, self.recorder, self._origins, meters, self.health, self, desk, answers
        )
        self._server = server = Server(self.gateway.handle, on_error=lambda error: (error.status, error_body(error)))
        self._closing = Closing(self.gateway.handle, meters)
        await server.start(self._socket)
        self._ready.set()
        await self._stop.wait()
        server.stop_accepting()
        await server.drain(0.2)
        await self.gateway.afterwards.close()
        if answers is not None:
            answers.close()
        await self._client.close()
        self._journal.close()
        self._feedback.close()
        self._health_file.close()
        self._origins.close()
