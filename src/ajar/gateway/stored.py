"""What lies at a provider under an id of its own: asked for, cancelled and deleted where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ajar.errors import UnknownPath
from ajar.gateway.head import answer_headers
from ajar.upstream.credentials import RequestHead

if TYPE_CHECKING:
    from ajar.gateway.admit import Caller
    from ajar.gateway.head import Head
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.tables import Tables
    from ajar.gateway.target import Target
    from ajar.store.origins import Origins
    from ajar.upstream.client import Client

PREFIX = b"/v1/responses/"
_OPERATION = "openai-responses"


class Stored:
    """Passes on requests about responses that a deployment keeps."""

    def __init__(self, client: Client, origins: Origins) -> None:
        self._client = client
        self._origins = origins

    async def answer(self, exchange: Exchange, tables: Tables, caller: Caller, head: Head, body: bytes) -> None:
        """Ask the deployment that issued the id in the path, and relay what it says.

        Raises UnknownPath where nobody is known to have given it to this caller.
        """
        rest = exchange.path.removeprefix(PREFIX)
        target = self._issuer(tables, caller, unquote_to_bytes(rest.partition(b"/")[0]))
        first, _, lines = target.heads[_OPERATION].partition(b"\r\n")
        place = first.split(b" ")[1] + b"/" + rest + (b"?" + exchange.query if exchange.query else b"")
        if target.signed:
            await target.credentials.ready()
            signed = RequestHead(target.signed[_OPERATION].authority, place.decode("latin-1"), exchange.method.decode())
            lines = target.credentials.lines(signed, body) + lines
        message = b"%b %b HTTP/1.1\r\n%b%bcontent-length: %d\r\n\r\n" % (
            exchange.method,
            place,
            lines,
            head.forward,
            len(body),
        )
        assert target.origin is not None
        response = await self._client.send(target.origin, message, body, connect_s=target.connect_s)
        try:
            exchange.start(response.status, answer_headers(response.headers), None)
            while data := await response.chunk():
                exchange.write(data)
                await exchange.drain()
        except BaseException:
            exchange.abort()
            raise
        finally:
            response.close()
        exchange.finish()

    def _issuer(self, tables: Tables, caller: Caller, name: bytes) -> Target:
        origin = self._origins.find(caller.name, name)
        if origin is not None:
            targets = [route.targets[0] for route in tables.direct.values()]
            for target in targets:
                if origin.deployment_is(target.name) and origin.account_is(target.account):
                    if _OPERATION in target.heads:
                        return target
                    break
        shown = name[:80].decode("utf-8", "replace")
        raise UnknownPath(
            f"`{shown}` is no response that was given to this caller through Ajar and is kept by its deployment."
            " Translated answers are not kept: send the items themselves"
        )
