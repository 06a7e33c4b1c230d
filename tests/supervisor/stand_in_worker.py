"""A program that speaks the worker's side of the child protocol and answers HTTP with what it knows.

`GET /slow/SECONDS` answers late, `GET /say/WORD` sends the word to the steward, `GET /hang` stops the event loop,
anything else answers at once. A snapshot with a deployment called `unwanted` is refused, and a start with one called
`fatal` ends the process.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from typing import Any

from ajar.runtimes.parent import die_with_parent


class StandIn:
    def __init__(self, start: dict[str, Any]) -> None:
        self.start = start
        self.snapshot = start["snapshot"]
        self.busy = 0
        self.over = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
            if path.startswith("/slow/"):
                await asyncio.sleep(float(path.removeprefix("/slow/")))
            if path == "/hang":
                time.sleep(600)
            if path.startswith("/say/"):
                with socket.socket(fileno=os.dup(self.start["answers_fd"])) as answers:
                    answers.send(path.removeprefix("/say/").encode())
            about = {"pid": os.getpid(), "worker": self.start["worker"], "snapshot": self.snapshot}
            body = json.dumps(about).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.busy -= 1
            writer.close()

    async def run(self, lines: asyncio.StreamReader) -> None:
        servers = [
            await asyncio.start_server(self.answer, sock=socket.socket(fileno=fd)) for fd in self.start["sockets"]
        ]
        say({"kind": "ready", "hash": self.snapshot["hash"], "pid": os.getpid()})
        while line := await lines.readline():
            message = json.loads(line)
            if message["kind"] == "ping":
                say({"kind": "applied", "hash": self.snapshot["hash"]})
                continue
            if message["kind"] == "drain":
                for server in servers:
                    server.close()
                deadline = time.monotonic() + message["seconds"]
                while self.busy and time.monotonic() < deadline:
                    await asyncio.sleep(0.01)
                return
            if "unwanted" in message["snapshot"]["config"]["deployments"]:
                say({"kind": "refused", "hash": message["snapshot"]["hash"], "why": "the stand-in does not want it"})
                continue
            self.snapshot = message["snapshot"]
            say({"kind": "applied", "hash": self.snapshot["hash"]})


def say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


async def main() -> None:
    die_with_parent()
    lines = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    start = json.loads(await lines.readline())
    if "fatal" in start["snapshot"]["config"]["deployments"]:
        say({"kind": "refused", "hash": "", "why": "the stand-in cannot start with it"})
        sys.exit(1)
    await StandIn(start).run(lines)


asyncio.run(main())
