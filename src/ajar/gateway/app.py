"""The gateway's handler: a path, an admission, a plan, an answer."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

from ajar.errors import AjarError, Drained, MethodNotAllowed, UnknownPath
from ajar.gateway import admit, pages
from ajar.gateway.ask import Ask
from ajar.gateway.attempt import Attempts
from ajar.gateway.body import decode
from ajar.gateway.head import Head
from ajar.gateway.http.service import DRAINED
from ajar.gateway.inference import LEFT, Inference
from ajar.gateway.plan import plan
from ajar.gateway.relay import own_lines, relay
from ajar.gateway.stored import PREFIX, Stored
from ajar.gateway.watch import Watch
from ajar.wire.fronts import CHAT, COMPACT, COUNT_TOKENS, EMBEDDINGS, MESSAGES, RESPONSES, Front

if TYPE_CHECKING:
    from ajar.gateway.answer import Answer
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.meters import Meters
    from ajar.gateway.tables import Tables
    from ajar.store.origins import Origins
    from ajar.traffic.journal import Journal
    from ajar.upstream.client import Client

_FRONTS: dict[bytes, Front] = {
    b"/v1/chat/completions": CHAT,
    b"/v1/responses": RESPONSES,
    b"/v1/responses/compact": COMPACT,
    b"/v1/messages": MESSAGES,
    b"/v1/messages/count_tokens": COUNT_TOKENS,
    b"/v1/embeddings": EMBEDDINGS,
}


class Gateway:
    """Answers exchanges from the tables of the moment. `tables` is swapped whole; a running inference keeps its own."""

    def __init__(
        self,
        tables: Tables,
        client: Client,
        journal: Journal,
        origins: Origins,
        meters: Meters,
        board: pages.Totals,
    ) -> None:
        self.tables = tables
        watch = Watch()
        self._attempts = Attempts(client, watch, origins)
        self._stored = Stored(client, origins, watch)
        self._journal = journal
        self._meters = meters
        self._board = board

    async def handle(self, exchange: Exchange) -> None:
        """Answer one exchange: an inference, a page, or an error in OpenAI's shape."""
        front = _FRONTS.get(exchange.path)
        try:
            if front is None and exchange.path.startswith(PREFIX):
                await self._keep_up(exchange)
            elif front is None:
                self._page(exchange)
            elif exchange.method != b"POST":
                raise MethodNotAllowed("this path takes POST only")
            else:
                await self._infer(exchange, front)
        except AjarError as error:
            self._meters.refused(error.code)
            self._answer(exchange, error, front or _nearest(exchange.path))

    async def _keep_up(self, exchange: Exchange) -> None:
        """Answer a request about a response that its deployment keeps."""
        tables = self.tables
        head = Head(exchange.headers)
        caller = admit.admit(head.read, tables)
        body = await self._body(exchange, tables, head)
        await self._stored.answer(exchange, tables, caller, head, body)

    @staticmethod
    async def _body(exchange: Exchange, tables: Tables, head: Head) -> bytes:
        body = await exchange.body(tables.max_body)
        encoding = head.read.get(b"content-encoding")
        return body if encoding is None else decode(body, encoding, tables.max_body)

    async def _infer(self, exchange: Exchange, front: Front) -> None:
        tables = self.tables
        head = Head(exchange.headers)
        caller = admit.admit(head.read, tables)
        purpose = admit.purpose_of(head.read, caller)
        body = await self._body(exchange, tables, head)
        ask = Ask(front, body)
        todo = plan(tables, caller, ask.view.model, head.read.get(b"x-ajar-exclude"))
        inference = Inference(
            front.operation, tables.hash, caller.name, purpose, todo, ask.view.stream, self._journal, self._meters
        )
        if todo.keep_bodies:
            inference.request, inference.response = body, []
        await self._answer_inference(exchange, inference, ask, head)

    async def _answer_inference(self, exchange: Exchange, inference: Inference, ask: Ask, head: Head) -> None:
        answer = None
        try:
            answer = await self._attempts.run(inference, ask, head)
            await relay(exchange, inference, answer, ask)
        except AjarError as error:
            lines = own_lines(inference, None)
            inference.conclude(error.status, error)
            self._answer(exchange, error, ask.front, lines)
        except CancelledError as reason:
            if reason.args == (DRAINED,):
                self._cut(exchange, inference, ask.front, answer)
            else:
                inference.end_attempt(None, "caller_left")
                inference.conclude(LEFT, "caller_left")
            raise
        except Exception:
            inference.conclude(500, "internal_error")
            raise
        finally:
            if answer is not None:
                answer.response.close()

    def _cut(self, exchange: Exchange, inference: Inference, front: Front, answer: Answer | None) -> None:
        """The service stops now: record it, and tell the caller in the way that is still open."""
        error = Drained("the service is stopping, and this answer took too long; ask again", retry_after=1)
        inference.end_attempt(None, error.code)
        inference.conclude(error.status, error)
        if not exchange.started:
            self._answer(exchange, error, front, own_lines(inference, None))
        elif inference.stream:
            translation = answer.translation if answer is not None else None
            exchange.finish((translation.fail(error) if translation else b"") or front.error_event(error))

    def _page(self, exchange: Exchange) -> None:
        page = pages.find(exchange.path)
        if page is None:
            raise UnknownPath(f"there is no {exchange.path[:200].decode('latin-1')} here; docs/http.md lists the paths")
        if exchange.method not in (b"GET", b"HEAD"):
            raise MethodNotAllowed("this path takes GET only")
        status, kind, body = page(exchange, self.tables, self._board)
        exchange.start(status, [(b"content-type", kind)], len(body))
        exchange.finish(body)

    def _answer(self, exchange: Exchange, error: AjarError, front: Front, lines: bytes = b"") -> None:
        if exchange.started:
            exchange.abort()
            return
        headers = [(b"content-type", b"application/json")]
        if error.retry_after is not None:
            headers.append((b"retry-after", b"%d" % max(1, round(error.retry_after))))
        if error.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        body = front.error_body(error)
        exchange.start(error.status, headers, len(body), lines)
        exchange.finish(body)


def _nearest(path: bytes) -> Front:
    """Whose errors somebody at an unknown path can read: the official clients put their own paths under these."""
    if path.startswith(b"/v1/messages"):
        return MESSAGES
    return RESPONSES if path.startswith(b"/v1/responses") else CHAT
