"""Portkey's open-source gateway (npm), which is told by headers where to send a request."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from peers import peers
from program import Program
from subject import Identity, Subject

if TYPE_CHECKING:
    from pathlib import Path


class Portkey(Subject):
    """One Node process. It has no keys, routes or journal of its own in this form."""

    name = "portkey"
    title = "Portkey gateway"
    streams = 20
    rate = 100

    @classmethod
    def missing(cls) -> str | None:
        if not shutil.which("node"):
            return "not installed (no node here)"
        return None if peers()[cls.name].installed else "not installed (make bench-peers)"

    @property
    def version(self) -> str:
        return peers()[self.name].version

    def launch(self, room: Path, upstream: int) -> Program:
        self._upstream = upstream
        script = peers()[self.name].home / "node_modules/@portkey-ai/gateway/build/start-server.js"
        env = {"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1,localhost"}
        return Program(["node", str(script), "--headless", f"--port={self.port}"], room / "log", env, cwd=room)

    def identities(self) -> list[Identity]:
        headers = {
            "authorization": "Bearer bench",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"http://127.0.0.1:{self._upstream}/v1",
        }
        return [Identity("bench", headers)]
