"""The generator: a seed gives an endless, repeatable stream of messages with their answers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from . import noise
from .grammar import MARKS, SLOTS, Sequence_, slots_of, tidy
from .slots import draw_amount, draw_date
from .task import INTENTS, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .corpus import Corpus

EXTRA_SHARE = 0.42
"""The share of phrasings that comes from ``extra``."""


class Generator:
    """Draws messages from a corpus: phrasings, cues and frame joined, noise, values put in."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._draws: dict[str, Callable[[random.Random], str]] = {
            "order": corpus.order_ids.draw,
            "product": corpus.products.draw,
            "date": draw_date,
            "amount": draw_amount,
        }

    def draw(self, rng: random.Random, intent: str | None = None, rough: bool = False) -> Message:
        """One message; `rough` adds what only training has: system turns, lost words."""
        intent = intent or rng.choice(INTENTS)
        body = self._body(intent, rng)
        urgency = rng.choices(("normal", "high", "low"), (46, 30, 24))[0]
        body = self._with_urgency(body, urgency, rng)
        text = self._with_frame(body, rng)
        values = {slot: self._draws[slot](rng) for slot in SLOTS}
        text, values = self._fill(self._noisy(text, rough, rng), values, rough, rng)
        found = {slot: values[slot] for slot in values}
        expected = {
            "intent": intent,
            "urgency": urgency,
            "order_id": found.get("order"),
            "product": found.get("product"),
            "date": found.get("date"),
            "amount": found.get("amount"),
        }
        system = self._system(rng) if rough and rng.random() < 0.12 else None
        return Message(text, expected, system)

    def _line(self, pool: list[Sequence_], rng: random.Random) -> str:
        return self._corpus.grammar.draw(rng.choice(pool), rng)

    def _phrasing(self, intent: str, rng: random.Random) -> str:
        """A phrasing of the intent; those of ``extra`` hold word classes and count for more."""
        folder = "extra" if rng.random() < EXTRA_SHARE else "phrasings"
        return self._line(self._corpus.parsed[folder][intent], rng)

    def _body(self, intent: str, rng: random.Random) -> list[str]:
        """One or two phrasings of the intent and perhaps a sentence of details."""
        body = [self._phrasing(intent, rng)]
        if rng.random() < 0.22:
            other = self._phrasing(intent, rng)
            if not set(slots_of(other)) & set(slots_of(body[0])):
                body.append(other)
        if rng.random() < 0.34:
            used = {slot for part in body for slot in slots_of(part)}
            for _ in range(6):
                detail = self._line(self._corpus.cues["details"], rng)
                if not used & set(slots_of(detail)):
                    body.insert(rng.choice((0, len(body), len(body))), detail)
                    break
        return body

    def _with_urgency(self, body: list[str], urgency: str, rng: random.Random) -> list[str]:
        if urgency == "normal":
            return body
        kind = rng.random()
        if kind < 0.62:
            cue = self._line(self._corpus.cues[f"urgency_{urgency}"], rng)
            body.insert(rng.choice((0, len(body), len(body))), cue)
        elif kind < 0.86:
            cue = self._line(self._corpus.cues[f"clause_{urgency}"], rng)
            at = rng.randrange(len(body))
            end = body[at][-1] if body[at][-1] in ".?!" else ""
            comma = rng.choice(("", "", ","))
            body[at] = f"{body[at].rstrip('.?! ')}{comma} {cue}{end}"
        else:
            body.insert(0, self._line(self._corpus.cues[f"lead_{urgency}"], rng))
        return body

    def _with_frame(self, body: list[str], rng: random.Random) -> str:
        """Greeting, context sentence and closing around the body, as one text."""
        if rng.random() < 0.28:
            body.insert(rng.choice((0, len(body))), self._line(self._corpus.cues["context"], rng))
        if rng.random() < 0.30:
            body.insert(0, self._line(self._corpus.cues["greetings"], rng))
        if rng.random() < 0.26:
            body.append(self._line(self._corpus.cues["closings"], rng))
        join = "\n" if rng.random() < 0.05 else " "
        text = ""
        for part in body:
            if text and text[-1] not in ".?!,:-\n":
                text += rng.choice((".", ".", ".", ",", "")) if text[-1].isalnum() else ""
            text += join + part if text else part
        return text

    def _noisy(self, text: str, rough: bool, rng: random.Random) -> str:
        if not self._corpus.inventive:
            return self._corpus.synonyms.apply(text, 0.15, rng)
        if rng.random() < 0.5:
            text = self._corpus.synonyms.apply(text, 0.25, rng)
        if rough and rng.random() < 0.18:
            text = noise.shake(text, rng.choice((0.05, 0.12)), rng)
        if rng.random() < 0.20:
            text = noise.typos(text, rng.choice((0.03, 0.08, 0.15) if rough else (0.03, 0.06)), rng)
        if rng.random() < 0.14:
            text = noise.plain_punctuation(text, rng)
        return text

    @staticmethod
    def _fill(text: str, values: dict[str, str], rough: bool, rng: random.Random) -> tuple[str, dict[str, str]]:
        """Put the values for the marks; returns the text and the values that stand in it."""
        case = rng.random()
        if case < 0.10:
            text = text.lower()
            if rng.random() < 0.6:
                values = {slot: value.lower() for slot, value in values.items()}
        elif case < (0.16 if rough else 0.12):
            text, values = text.upper(), {slot: value.upper() for slot, value in values.items()}
        elif case < 0.24:
            text = text[:1].lower() + text[1:]
        present = {slot: values[slot] for slot in slots_of(text)}
        for slot, mark in zip(SLOTS, MARKS, strict=True):
            text = text.replace(mark, values[slot], 1)
        return text.strip(), present

    def _system(self, rng: random.Random) -> str:
        count = rng.choice((1, 1, 2))
        text = tidy(" ".join(self._line(self._corpus.cues["systems"], rng) for _ in range(count)))
        return text.replace(MARKS[2], draw_date(rng))


def stream(corpus: Corpus, seed: int, reserved: Collection[str] = (), *, rough: bool = True) -> Iterator[Message]:
    """Training messages of a seed without end; texts in `reserved` never come out.

    Rough ones have lost words and system turns, the others only the noise of the held-out near set.
    """
    generator, rng = Generator(corpus), random.Random(f"triage-train-{seed}")
    while True:
        message = generator.draw(rng, rough=rough)
        if message.text not in reserved:
            yield message


def balanced(corpus: Corpus, seed: str, count: int) -> list[Message]:
    """`count` distinct messages without system turns or lost words, the intents in turn."""
    generator, rng, found = Generator(corpus), random.Random(seed), {}
    while len(found) < count:
        message = generator.draw(rng, INTENTS[len(found) % len(INTENTS)])
        found.setdefault(message.text, message)
    return list(found.values())
