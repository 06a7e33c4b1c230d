"""One question of one caller, and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from faults.caller import PATHS
from faults.saw import Saw, saw

if TYPE_CHECKING:
    from faults.caller import Heard
    from soak.tale import Wish

Ending = Literal["clean", "incomplete", "error", "broken", "cut", "left", "hung", "nonsense"]
"""Those of `faults.saw`, and incomplete: a stream of Responses with the end that a length limit makes."""
_INCOMPLETE = b"event: response.incomplete\n"
_UNRECORDED = b"the record of this inference cannot be kept"


@dataclass(slots=True)
class Visit:
    """Times are `monotonic`. What it heard is not kept."""

    wish: Wish
    route: str
    front: str
    stream: bool
    asked_at: float = 0
    ended_at: float = 0
    """When its answer ended, or its caller left."""
    ending: Ending = "left"
    finished: bool = False
    """The answer came to the end that its framing announced, whether or not the caller left then."""
    inference: str | None = None
    """The record's id."""
    status: int = 0
    code: str | None = None
    text: str = ""
    why: str = ""
    unrecorded: bool = False
    """It was told that no record can be kept."""

    def request(self) -> bytes:
        """As bytes of HTTP."""
        turns = [{"role": "user", "content": self.wish.prompt}]
        body: dict[str, object] = {"model": self.route, "stream": self.stream, "temperature": 0}
        body |= {"input": turns} if self.front == "openai-responses" else {"messages": turns}
        if self.front == "anthropic":
            body["max_tokens"] = 200
        data = json.dumps(body).encode()
        head = f"POST {PATHS[self.front]} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data

    def take(self, heard: Heard, left_at: float | None) -> None:
        """Understand the answer as a client of its format would."""
        self.asked_at, self.ended_at = heard.asked_at, left_at or heard.ended_at
        self.inference = heard.headers.get("x-ajar-inference")
        self.status, self.finished = heard.status, heard.whole
        if left_at is not None and not heard.whole:
            return
        found = saw(self.front, self.stream, heard)
        self.ending = _ending(found, heard)
        self.text, self.code, self.why = found.text, found.code, found.why
        self.unrecorded = _UNRECORDED in heard.body

    @property
    def words(self) -> str:
        """For people."""
        asked = "streamed" if self.stream else "whole"
        return (
            f"question {self.wish.number} ({self.front}, {asked}, route {self.route}, inference {self.inference}, "
            f"{self.ended_at - self.asked_at:.2f} s, {self.ending} {self.status} {self.code or ''})"
        )


def _ending(found: Saw, heard: Heard) -> Ending:
    if found.kind == "cut" and heard.whole and _INCOMPLETE in heard.body:
        return "incomplete"
    return "clean" if found.kind == "answer" else found.kind
