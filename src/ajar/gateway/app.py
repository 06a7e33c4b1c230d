"""The gateway's handler: a path, an admission, a plan, an answer."""

from __future__ import annotations

from asyncio import CancelledError
from functools import partial
from math import ceil
from typing import TYPE_CHECKING

from ajar.errors import AjarError, Drained, JournalError, MethodNotAllowed, Overloaded, UnknownPath
from ajar.gateway import admit, feedback, pages
from ajar.gateway.afterwards import Afterwards
from ajar.gateway.ask import Ask
from ajar.gateway.attempt import Attempts
from ajar.gateway.body import decode
from ajar.gateway.closing import nearest
from ajar.gateway.head import Head
from ajar.gateway.http.service import DRAINED
from ajar.gateway.inference import LEFT, Inference
from ajar.gateway.keepalive import keep_alive
from ajar.gateway.pieces import Pieces
from ajar.gateway.plan import plan
from ajar.gateway.relay import own_lines, relay, relay_at_once
from ajar.gateway.stored import PREFIX, Stored
from ajar.gateway.translation import Translation
from ajar.gateway.watch import Watch
from ajar.wire.fronts import CHAT, COMPACT, COUNT_TOKENS, EMBEDDINGS, MESSAGES, RESPONSES, Front

if TYPE_CHECKING:
    from ajar.gateway.answer import Answer
    from ajar.gateway.health import Health
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.meters import Meters
    from ajar.gateway.recorder import Recorder
    from ajar.gateway.tables import Tables
    from ajar.store.origins import Origins
    from ajar.traffic.answers import AnswerSender
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
        recorder: Recorder,
        origins: Origins,
        meters: Meters,
        health: Health,
        board: pages.Totals,
        desk: feedback.Desk,
        answers: AnswerSender | None = None,
    ) -> None:
        self.tables = tables
        self._watch = watch = Watch()
        self._attempts = Attempts(client, watch, origins, health)
        self._stored = Stored(client, origins, watch)
        self.afterwards = Afterwards(
            self._attempts, watch, origins, health, recorder, meters, lambda: self.tables, answers
        )
        self._running = 0
        self._recorder = recorder
        self._meters = meters
        self._board = board
        self._desk = desk

    async def handle(self, exchange: Exchange) -> None:
        """Answer one exchange: an inference, a page, or an error in OpenAI's shape."""
        front = _FRONTS.get(exchange.path)
        try:
            if front is None and exchange.path.startswith(PREFIX):
                await self._keep_up(exchange)
            elif front is None and exchange.path == feedback.PATH:
                await self._desk.answer(exchange, self.tables)
            elif front is None:
                self._page(exchange)
            elif exchange.method != b"POST":
                raise MethodNotAllowed("this path takes POST only")
            else:
                await self._infer(exchange, front)
        except AjarError as error:
            self._meters.refused(error.code)
            self._answer(exchange, error, front or nearest(exchange.path))
        except CancelledError as reason:
            if reason.args == (DRAINED,) and not exchange.started and not exchange.over:
                self._answer(exchange, _drained(), front or nearest(exchange.path))
            raise

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
        body = await self._body(exchange, tables, head)  # who sends it slowly takes nobody's place
        if tables is not self.tables:  # a body may take long: what is in force by now decides, of the key too
            tables = self.tables
            caller = admit.admit(head.read, tables)
            purpose = admit.purpose_of(head.read, caller)
        if self._running >= tables.most:
            raise Overloaded("as many requests run here as may; ask again soon", retry_after=1)
        self._recorder.require()
        self._running += 1
        assert exchange.task is not None
        inference, follows = None, False
        try:
            ask = Ask(front, body)
            todo = plan(tables, caller, ask, head, live=purpose == "live")
            inference = Inference(
                front.operation,
                tables.hash,
                caller.name,
                purpose,
                todo,
                ask.view.stream,
                exchange.task,
                self._recorder,
                self._meters,
                tables.ids,
            )
            if todo.keep_bodies:
                inference.request, inference.response = body, Pieces()
            follows = (todo.checked or todo.copying is not None) and self.afterwards.begin(inference, front)
            await self._answer_inference(exchange, inference, ask, head)
            if follows:
                self.afterwards.served(inference, ask, head)
        finally:
            self._running -= 1
            if follows and inference is not None:
                self.afterwards.ended(inference)

    async def _answer_inference(self, exchange: Exchange, inference: Inference, ask: Ask, head: Head) -> None:
        answer = None
        if inference.stream:
            ping = partial(keep_alive, exchange, inference, ask.front)
            inference.pulse = self._watch.pulse(inference.task, ping, inference.plan.keepalive_s)
        try:
            answer = await self._attempts.run(inference, ask, head)
            if not relay_at_once(exchange, inference, answer, ask):
                await relay(exchange, inference, answer, ask, self._attempts.log)
        except AjarError as error:
            lines = own_lines(inference, None)
            lost = _conclude(inference, error.status, error)
            if exchange.started and inference.stream and not exchange.over:  # kept alive until now
                exchange.finish(ask.front.error_event(lost or error))
            else:
                self._answer(exchange, lost or error, ask.front, lines)
        except CancelledError as reason:
            if reason.args == (DRAINED,):
                self._cut(exchange, inference, ask.front, answer)
            else:
                inference.end_attempt(None, "caller_left")
                _conclude(inference, LEFT, "caller_left")
            raise
        except Exception:
            _conclude(inference, 500, "internal_error")
            raise
        finally:
            if inference.pulse is not None:
                self._watch.rest(inference.pulse)
            if answer is not None:
                answer.response.close()

    def _cut(self, exchange: Exchange, inference: Inference, front: Front, answer: Answer | None) -> None:
        """The service stops now: record it, and tell the caller in the way that is still open."""
        error = _drained()
        inference.end_attempt(None, error.code)
        _conclude(inference, error.status, error)
        if exchange.over:
            return
        if not exchange.started:
            self._answer(exchange, error, front, own_lines(inference, None))
        elif inference.stream:
            reader = answer.reader if answer is not None else None
            last = reader.fail(error) if isinstance(reader, Translation) else b""
            exchange.finish(last or (b"" if inference.between_events else b"\n\n") + front.error_event(error))

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
            headers.append((b"retry-after", b"%d" % max(1, ceil(error.retry_after))))
        if error.status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
        body = front.error_body(error)
        exchange.start(error.status, headers, len(body), lines)
        exchange.finish(body)


def _drained() -> Drained:
    return Drained("the service is stopping, and this answer took too long; ask again", retry_after=1)


def _conclude(inference: Inference, status: int, error: AjarError | str) -> JournalError | None:
    """Record a failure. Returns why that cannot be done: nothing else is to be done about it than to say so."""
    try:
        inference.conclude(status, error)
    except JournalError as lost:
        return lost.anew()
    return None
