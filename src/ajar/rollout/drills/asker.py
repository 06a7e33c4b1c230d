"""Asking the front door one way, with deployments forbidden or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ajar import __version__
from ajar.errors import UpstreamGarbage
from ajar.evals.answer import Answer
from ajar.evals.run.ask import Asker
from ajar.evals.run.miss import Miss, missed, refused
from ajar.evals.run.reading import BAD, read
from ajar.rollout.drills.unanswered import Unanswered
from ajar.rollout.heard import answer_of
from ajar.traffic.answers import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.domain.dialog.parts import Format
    from ajar.evals.run.target import Target
    from ajar.rollout.drills.question import Way
    from ajar.upstream.client import Client, Response

PATHS: Final[dict[Format, str]] = {
    "openai-chat": "/chat/completions",
    "openai-responses": "/responses",
    "anthropic": "/messages",
}
"""Where each format is asked, below the base URL."""
_GONE: Final = 10
"""After so many failures in a row the route itself has failed: it is spared repeats, and rests in between."""


class DrillAsker(Asker):
    """Asks a route with purpose `drill`. What the route itself fails to answer is `Unanswered`, not just a miss.

    An answer of a deployment that was forbidden is no answer: what spoke there did not obey.
    """

    def __init__(self, client: Client, target: Target, way: Way, exclude: Sequence[str], timeout_s: float) -> None:
        """`timeout_s`: for one attempt, from its start to the end of the answer. Raises ConfigError."""
        super().__init__(client, target, "drill", timeout_s)
        self._way = way
        self._exclude = frozenset(exclude)
        self._head = head(target, way, exclude)
        self._row = 0

    async def ask(self, body: bytes) -> Answer | Miss:
        """The answer to a body. If cancelled, the connection is aborted."""
        told = await self.exchange(body)
        if isinstance(told, Miss):
            late = told.failure.code == "timeout"
            return self._own(told, self._timeout_s * 1000) if late else told
        response, data, took = told
        said = self._read(response, data, took)
        if isinstance(said, Answer):
            self._row = 0
            return self._obeyed(said)
        said = self._clean(said)
        # Whoever was not let in got no inference: that is a matter of keys and limits, and not of the route.
        own = response.header(b"x-ajar-inference") is not None
        return self._own(said, took * 1000, response) if own else said

    def _read(self, response: Response, data: bytes, took: float) -> Answer | Miss:
        if not 200 <= response.status < 300:
            return refused(response.status, response.header, self._without_key(data))
        if self._way == ("openai-chat", False):
            said = read(data)
            return self._finished(said, response, took) if isinstance(said, Answer) else said
        deployment = _header(response, b"x-ajar-deployment")
        heard = Said(
            inference=_header(response, b"x-ajar-inference") or "",
            route=self.target.model,
            caller="",
            format=self._way.format,
            request=b"",
            answer=data,
            stream=self._way.stream,
            deployment=deployment,
            took_ms=round(took * 1000, 3),
        )
        try:
            return answer_of(
                heard, {} if (price := self.target.price(deployment)) is None else {deployment or "": price}
            )
        except UpstreamGarbage as error:
            return missed(BAD, error.message)

    def _own(self, miss: Miss, took_ms: float, response: Response | None = None) -> Unanswered:
        self._row += 1
        found = Unanswered(
            **msgspec.structs.asdict(miss),
            took_ms=took_ms,
            inference=None if response is None else _header(response, b"x-ajar-inference"),
            deployment=None if response is None else _header(response, b"x-ajar-deployment"),
        )
        return found if self._row < _GONE else msgspec.structs.replace(found, again=False, told=None, load="none")

    def _obeyed(self, answer: Answer) -> Answer | Miss:
        if answer.deployment not in self._exclude:
            return answer
        return missed("not_excluded", f"`{answer.deployment}` answered, though it was forbidden: is this an Ajar?")


def head(target: Target, way: Way, exclude: Sequence[str]) -> bytes:
    """The head of a request up to the value of its content-length. Raises ConfigError."""
    origin, prefix = target.address()
    key = target.credential()
    lines = [
        f"POST {prefix}{PATHS[way.format]} HTTP/1.1",
        f"host: {origin.authority}",
        f"user-agent: ajar/{__version__}",
        "content-type: application/json",
        f"accept: {'text/event-stream' if way.stream else 'application/json'}",
        "accept-encoding: identity",
        "x-ajar-purpose: drill",
        *([f"x-ajar-exclude: {', '.join(exclude)}"] if exclude else []),
        *(["anthropic-version: 2023-06-01"] if way.format == "anthropic" else []),
        *([f"authorization: Bearer {key}"] if key else []),
        "content-length: ",
    ]
    return "\r\n".join(lines).encode("latin-1")


def _header(response: Response, name: bytes) -> str | None:
    value = response.header(name)
    return None if value is None else value.decode("latin-1")
