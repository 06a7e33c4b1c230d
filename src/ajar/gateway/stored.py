"""What lies at a provider under an id of its own: asked for, cancelled and deleted where it lies."""

from __future__ import annotations

import re
from asyncio import CancelledError
from typing import TYPE_CHECKING

from ajar.errors import FirstByteTimeout, MethodNotAllowed, UnknownPath, UpstreamDenied, UpstreamError
from ajar.gateway.head import answer_headers
from ajar.gateway.told import Log
from ajar.upstream.credentials import RequestHead

if TYPE_CHECKING:
    from ajar.gateway.admit import Caller
    from ajar.gateway.head import Head
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.tables import Tables
    from ajar.gateway.target import Target
    from ajar.gateway.watch import Watch
    from ajar.store.origins import Origins
    from ajar.upstream.client import Client, Response

PREFIX = b"/v1/responses/"
_OPERATION = "openai-responses"
_PATH = re.compile(rb"/v1/responses/([A-Za-z0-9_-]{1,200})(|/cancel|/input_items)")
_METHODS = {b"": (b"GET", b"HEAD", b"DELETE"), b"/cancel": (b"POST",), b"/input_items": (b"GET", b"HEAD")}
"""Nothing else under the prefix is forwarded: the operator's key opens more than a response."""


class Stored:
    """Passes on requests about responses that a deployment keeps."""

    def __init__(self, client: Client, origins: Origins, watch: Watch) -> None:
        self._client = client
        self._origins = origins
        self._watch = watch
        self._log = Log()

    async def answer(self, exchange: Exchange, tables: Tables, caller: Caller, head: Head, body: bytes) -> None:
        """Ask the deployment that issued the id in the path, and relay what it says.

        Raises UnknownPath where nobody is known to have given it to this caller, or for a path that is none of these;
        MethodNotAllowed; and UpstreamError.
        """
        match = _PATH.fullmatch(exchange.path)
        if match is None:
            raise UnknownPath("of a response there are only /v1/responses/ID, /cancel and /input_items")
        if exchange.method not in _METHODS[match[2]]:
            raise MethodNotAllowed(f"this path takes {b', '.join(_METHODS[match[2]]).decode()} only")
        target = self._issuer(tables, caller, match[1])
        try:
            await self._pass(exchange, target, head, body)
        except UpstreamError as error:
            raise self._log.tell(target.name, error) from None

    async def _pass(self, exchange: Exchange, target: Target, head: Head, body: bytes) -> None:
        task = exchange.task
        assert task is not None
        self._watch.begin(task, target.first_byte_s)
        response = pulse = None
        try:
            response = await self._send(exchange, target, head, body)
            data = await response.chunk()
            self._watch.end(task)
            if target.denied(response.status):
                raise UpstreamDenied("it refused Ajar's credentials: its operator must mend its api_key")
            exchange.start(response.status, answer_headers(response.headers), None)
            pulse = self._watch.pulse(task)
            pulse.limit(target.gap_s, target.total_s)
            while data:
                pulse.moving = True
                exchange.write(data)
                pulse.resting = True
                await exchange.drain()
                pulse.resting = False
                data = await response.chunk()
        except BaseException as error:
            self._watch.end(task)
            if exchange.started:
                exchange.abort()
            if isinstance(error, CancelledError):
                if self._watch.late(task) is not None:
                    raise FirstByteTimeout(f"no answer within {target.first_byte_s:g} s") from None
                if pulse is not None and (late := pulse.late()) is not None:
                    raise late.anew() from None
            raise
        finally:
            if pulse is not None:
                self._watch.rest(pulse)
            if response is not None:
                response.close()
        exchange.finish()

    async def _send(self, exchange: Exchange, target: Target, head: Head, body: bytes) -> Response:
        assert target.origin is not None
        first, _, lines = target.heads[_OPERATION].partition(b"\r\n")
        base, _, query = first.split(b" ")[1].partition(b"?")
        queries = b"&".join(each for each in (query, exchange.query) if each)
        place = base + b"/" + exchange.path.removeprefix(PREFIX) + (b"?" + queries if queries else b"")
        if target.signed:
            await target.credentials.ready()
            signed = RequestHead(target.signed[_OPERATION].authority, place.decode("latin-1"), exchange.method.decode())
            lines = target.credentials.lines(signed, body) + lines
        parts = (exchange.method, place, lines, head.forward, len(body))
        message = b"%b %b HTTP/1.1\r\n%b%bcontent-length: %d\r\n\r\n" % parts
        return await self._client.send(target.origin, message, body, connect_s=target.connect_s)

    def _issuer(self, tables: Tables, caller: Caller, name: bytes) -> Target:
        origin = self._origins.find(caller.name, name)
        shown = name.decode("latin-1")
        if origin is not None:
            able = [route.targets[0] for route in tables.direct.values() if _OPERATION in route.targets[0].heads]
            able = [target for target in able if origin.account_is(target.account)]
            able.sort(key=lambda target: not origin.deployment_is(target.name))
            if able:
                return able[0]
        raise UnknownPath(
            f"`{shown}` is no response that was given to this caller through Ajar and is kept by its deployment."
            " Translated answers are not kept: send the items themselves"
        )
