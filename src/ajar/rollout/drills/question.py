"""One request of a drill, as it goes to the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format
    from ajar.evals.suite.suite import Suite

_encode = msgspec.json.Encoder().encode


class Way(NamedTuple):
    """In which format it is asked, and whether the answer is a stream."""

    format: Format
    stream: bool


class Question(NamedTuple):
    """A body that names its route, and the way it goes."""

    way: Way
    body: bytes


class Tokens(NamedTuple):
    """What one question takes, as far as that is known or can be guessed."""

    input: float
    output: float


class Questions(Protocol):
    """Where a drill's questions come from; they are numbered as the suite's cases are."""

    @property
    def suite(self) -> Suite:
        """The cases with their checks."""
        ...

    def question(self, index: int) -> Question:
        """What is sent for a case."""
        ...

    def tokens(self) -> Tokens:
        """Those of an average question."""
        ...

    @property
    def guessed(self) -> bool:
        """Whether its tokens are a guess."""
        ...


_LIMITS = ("max_completion_tokens", "max_tokens")
_USUAL_OUTPUT = 300
_BYTES = 4
"""Of English text, about so many are a token."""


class OfSuite:
    """The cases of a suite, asked as whole Chat Completions."""

    guessed = True

    def __init__(self, suite: Suite, route: str) -> None:
        self.suite = suite
        self._route = route

    def question(self, index: int) -> Question:
        """What is sent for a case."""
        body = {"model": self._route, **self.suite.body(index)}
        return Question(Way("openai-chat", False), _encode(body))

    def tokens(self) -> Tokens:
        """A guess: of what goes in by its length, of what comes out by its limit."""
        bodies = [self.suite.body(index) for index in range(self.suite.count)]
        read = sum(len(_encode(body["messages"])) / _BYTES for body in bodies)
        written = sum(_most(body) for body in bodies)
        return Tokens(read / len(bodies), written / len(bodies))


def _most(body: dict[str, Any]) -> float:
    given = (body.get(name) for name in _LIMITS)
    return next((float(limit) for limit in given if isinstance(limit, int)), float(_USUAL_OUTPUT))
