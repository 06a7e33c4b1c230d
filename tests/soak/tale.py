"""An answer whose text belongs to one request alone, so that what is lost, repeated or another's shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from faults.speech import TEXT, WORDS, Speech

if TYPE_CHECKING:
    from random import Random

    from faults.upstream import Seen

WORD = "tälé"
"""What every word begins with: letters of two bytes, so that a cut may fall into one."""

_PROMPT = re.compile(rb"tale (\d+) of (\d+) words, (\d+) ms each")
_SEQUENCE = re.compile(rb'"sequence_number": \d+')


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for: `number` is its own, `pause_s` the time that each word takes."""

    number: int
    words: int
    pause_s: float

    @classmethod
    def of(cls, number: int, chance: Random) -> Wish:
        """One of a usual length."""
        return cls(number, chance.randrange(4, 20), chance.randrange(20, 400) / 1000)

    @classmethod
    def read(cls, body: bytes) -> Wish:
        """From a request, in whatever format it is."""
        found = _PROMPT.search(body)
        assert found, body[:300]
        return cls(int(found[1]), int(found[2]), int(found[3]) / 1000)

    @property
    def prompt(self) -> str:
        """What the caller says."""
        return f"Where is order #48213? tale {self.number} of {self.words} words, {self.pause_s * 1000:.0f} ms each"

    @property
    def parts(self) -> list[str]:
        """The words of the answer."""
        return [f"{WORD}{self.number}.{place} " for place in range(self.words)]

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.parts)


class Tale(Speech):
    """What a deployment says to the request `seen`, whose decoded body is `body`."""

    def __init__(self, name: str, body: dict[str, Any], wish: Wish, seen: Seen, *, stream: bool) -> None:
        super().__init__(name, body, stream=stream)
        self.wish = wish
        self.seen = seen

    @cached_property
    def whole(self) -> bytes:
        """The whole answer."""
        return super().whole.replace(TEXT.encode(), self.wish.text.encode())

    @cached_property
    def events(self) -> list[bytes]:
        """The stream, an event at a time."""
        found = super().events
        word = WORDS[0].encode()
        first = next(place for place, event in enumerate(found) if word in event)
        text = self.wish.text.encode()
        words = [found[first].replace(word, part.encode()) for part in self.wish.parts]
        rest = [event.replace(TEXT.encode(), text) for event in found[first + len(WORDS) :]]
        return [_numbered(place, event) for place, event in enumerate([*found[:first], *words, *rest])]

    @property
    def first(self) -> int:
        """Which event is the first that holds content."""
        word = self.wish.parts[0].encode()
        return next(place for place, event in enumerate(self.events) if word in event)

    @property
    def middle(self) -> int:
        """The event behind which half of the words are said."""
        return self.first + self.wish.words // 2


def _numbered(place: int, event: bytes) -> bytes:
    return _SEQUENCE.sub(b'"sequence_number": %d' % place, event)
