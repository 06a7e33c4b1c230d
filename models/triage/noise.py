"""Noise on the text of a message: typos, letter case, word changes. Slot marks stay whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammar import MARKS, tidy
from .products import invented

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_WORD = re.compile(r"[A-Za-z']+")
_FILLERS = frozenset(
    (
        "a",
        "already",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "had",
        "has",
        "have",
        "hello",
        "hi",
        "i",
        "in",
        "is",
        "it",
        "just",
        "me",
        "my",
        "now",
        "of",
        "on",
        "our",
        "please",
        "really",
        "so",
        "some",
        "still",
        "that",
        "the",
        "there",
        "this",
        "to",
        "us",
        "very",
        "was",
        "we",
        "will",
        "with",
        "would",
        "you",
        "your",
    )
)


class Synonyms:
    """Groups of words and phrases that may stand for one another."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._groups: dict[str, list[str]] = {}
        for line in lines:
            group = [part.strip() for part in line.split("|")]
            for part in group:
                self._groups.setdefault(part.lower(), []).extend(p for p in group if p != part)
        ordered = sorted(self._groups, key=len, reverse=True)
        self._pattern = re.compile(
            r"(?<![\w'])(" + "|".join(re.escape(part) for part in ordered) + r")(?![\w'])", re.IGNORECASE
        )

    def apply(self, text: str, rate: float, rng: random.Random) -> str:
        """Replace each known word or phrase with probability `rate`."""

        def swap(found: re.Match[str]) -> str:
            word = found.group(0)
            if rng.random() >= rate:
                return word
            other = rng.choice(self._groups[word.lower()])
            return other[:1].upper() + other[1:] if word[:1].isupper() else other

        return self._pattern.sub(swap, text)


def typo(word: str, rng: random.Random) -> str:
    """The word with one slip of the keyboard in it."""
    at, kind = rng.randrange(len(word)), rng.randrange(5)
    if kind == 0 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    row = next((r for r in _ROWS if word[at].lower() in r), "aeiou")
    near = row[max(0, min(len(row) - 1, row.find(word[at].lower()) + rng.choice((-1, 1))))]
    return word[:at] + near + word[at + (kind == 3) :]


def typos(text: str, rate: float, rng: random.Random) -> str:
    """Typos in words of four letters or more, each with probability `rate`."""

    def slip(found: re.Match[str]) -> str:
        word = found.group(0)
        return typo(word, rng) if len(word) > 3 and rng.random() < rate else word

    return _WORD.sub(slip, text)


def shake(text: str, rate: float, rng: random.Random) -> str:
    """Drop or swap filler words, and put an invented word for some other word.

    The words beside a slot stay: they tell where the value begins and ends.
    """
    words = text.split(" ")
    slot = [any(mark in word for mark in MARKS) for word in words]
    out: list[str] = []
    for at, word in enumerate(words):
        roll = rng.random() / rate
        filler = word.lower() in _FILLERS
        if roll >= 1.0 or any(slot[max(0, at - 1) : at + 2]):
            out.append(word)
        elif filler and roll < 0.7:
            continue
        elif filler and roll < 0.85 and at > 1 and not slot[at - 2]:
            out.insert(len(out) - 1, word)
        elif not filler and word.isalpha() and roll < 0.35:
            out.append(invented(rng, rng.choice((1, 2, 2, 3))))
        else:
            out.append(word)
    return tidy(" ".join(out))


def plain_punctuation(text: str, rng: random.Random) -> str:
    """The text as a hurried writer leaves it: stops or commas lost, marks doubled."""
    kind = rng.randrange(5)
    if kind == 0:
        return text.rstrip(".!?")
    if kind == 1:
        return re.sub(r"(?<=\w)[.!](?= |$)", "", text)
    if kind == 2:
        return text.replace(",", "")
    if kind == 3:
        return text.replace("'", "")
    return re.sub(r"([!?])", lambda m: m.group(1) * rng.randint(1, 3), text)
