"""Posts what a rollout decides to an address of the operator's, off the conductor's thread."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ajar import __version__
from ajar.errors import UpstreamError
from ajar.upstream.client import Client
from ajar.upstream.origin import parse_base_url

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIES: Final = 3
_FIRST_PAUSE_S: Final = 2.0
_LIMIT_S: Final = 10.0
_MOST_ANSWER: Final = 64 * 1024
_MOST_PENDING: Final = 100


class Webhook:
    """Each message is tried three times, in a thread of its own that nobody waits for."""

    def __init__(self, *, pause_s: float = _FIRST_PAUSE_S, limit_s: float = _LIMIT_S) -> None:
        self._pause_s = pause_s
        self._limit_s = limit_s
        self._pending = threading.Semaphore(_MOST_PENDING)

    def post(self, url: str, body: dict[str, Any], done: Callable[[str | None], object]) -> threading.Thread | None:
        """Post JSON. `done` is called from another thread, with None or with why it failed: never with the address.

        None: too many wait already, which `done` was told.
        """
        if not self._pending.acquire(blocking=False):
            done(f"{_MOST_PENDING} messages wait already")
            return None

        def run() -> None:
            try:
                done(self._deliver(url, msgspec.json.encode(body)))
            finally:
                self._pending.release()

        thread = threading.Thread(target=run, name="ajar-webhook", daemon=True)
        thread.start()
        return thread

    def _deliver(self, url: str, body: bytes) -> str | None:
        why: str | None = None
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(self._pause_s * 2 ** (attempt - 1))
            try:
                status = asyncio.run(self._once(url, body))
            except (UpstreamError, TimeoutError) as error:
                why = str(error) or f"no answer within {self._limit_s:g} s"
                continue
            except ValueError as error:
                return str(error)
            if status < 300:
                return None
            why = f"status {status}"
            if status < 500 and status not in (408, 429):
                break
        return why

    async def _once(self, url: str, body: bytes) -> int:
        address, _, query = url.partition("?")
        origin, prefix = parse_base_url(address)
        path = (prefix or "/") + (f"?{query}" if query else "")
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {origin.authority}\r\nuser-agent: ajar/{__version__}\r\n"
            f"content-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        if not (head.isascii() and path.isprintable() and " " not in path):
            raise ValueError("the webhook's address must be ASCII without blanks")
        client = Client()
        try:
            async with asyncio.timeout(self._limit_s):
                response = await client.send(origin, head.encode(), body, connect_s=self._limit_s)
                await response.read(_MOST_ANSWER)
                return response.status
        finally:
            await client.close()
