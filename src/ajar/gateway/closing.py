"""What answers the requests that still arrive while the service stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import Drained
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES, Front

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.http.service import Handler
    from ajar.gateway.meters import Meters

_RETRY_AFTER = b"1"
"""By then another process serves, or the connection that the caller makes anew is refused."""


class Closing:
    """Takes the handler's place during a drain. New work is refused; the pages are as they were, but for readiness."""

    def __init__(self, usual: Handler, meters: Meters) -> None:
        self._usual = usual
        self._meters = meters

    async def handle(self, exchange: Exchange) -> None:
        """Answer one exchange. The server closes the connection behind it, and says so in the answer."""
        if exchange.method in (b"GET", b"HEAD") and exchange.path != b"/readyz":
            await self._usual(exchange)
            return
        error = Drained("the service is stopping and takes no new requests; ask again")
        self._meters.refused(error.code)
        body = nearest(exchange.path).error_body(error)
        headers = [(b"content-type", b"application/json"), (b"retry-after", _RETRY_AFTER)]
        exchange.start(error.status, headers, len(body))
        exchange.finish(body)


def nearest(path: bytes) -> Front:
    """Whose errors somebody at this path can read: the official clients put their own paths under these."""
    if path.startswith(b"/v1/messages"):
        return MESSAGES
    return RESPONSES if path.startswith(b"/v1/responses") else CHAT
