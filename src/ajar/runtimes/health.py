"""Whether a runtime answers."""

from __future__ import annotations

import asyncio

from ajar.errors import UpstreamError
from ajar.upstream.client import Client
from ajar.upstream.origin import parse_base_url


class Health:
    """Asks one server for its health, on a new connection each time: a server that accepts none is not well."""

    def __init__(self, base_url: str, limit_s: float) -> None:
        """An answer counts within `limit_s` seconds."""
        self._origin, _ = parse_base_url(base_url)
        self._head = f"GET /health HTTP/1.1\r\nhost: {self._origin.authority}\r\nconnection: close\r\n\r\n".encode()
        self._limit_s = limit_s
        self._client = Client(environ={})

    async def good(self) -> bool:
        """True when `GET /health` is answered with 200 in time."""
        try:
            async with asyncio.timeout(self._limit_s):
                response = await self._client.send(self._origin, self._head, b"", connect_s=self._limit_s)
        except (UpstreamError, TimeoutError):
            return False
        response.close()
        return response.status == 200

    async def close(self) -> None:
        """Give up what is under way."""
        await self._client.close()
