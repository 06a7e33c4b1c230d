"""Which of several choices a text picks."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ajar.evals.scorers.wanted import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NO_WORDS = LETTERS.replace("A", "").replace("I", "")
"""The letters that are no English words: one of these needs no sign after it to be an answer."""

_AROUND = " \t\r\n.,:;!?*_`\"'“”„«»()[]{}$"
"""What may stand around an answer without being part of it."""
_STATED = re.compile(
    r"(?:\b(?:answer|choice|option|antwort|lösung|solution)\b[*_]*\s*"
    r"(?:(?:is|ist|lautet|would be|should be)\b\s*:?|[:=])"
    r"|\bi(?:\s+would|\s+will|['’]d|['’]ll)?\s+(?:choose|pick|select|go with)\b|\bich\s+wähle\b"
    r"|\\boxed\s*\{(?:\\text\s*\{)?)"
    r"[\s*_`\"'“„(\[{$]*(?:(?:option|choice|antwort)\s+[*_(]*)?",
    re.IGNORECASE,
)
"""`The answer is`, `**Answer:** (`, `\\boxed{`, and what may stand before the answer itself."""
_LETTER = re.compile(
    r"([A-Za-z])(?!\w|['’]\w)([)\]}*_`.,:;'\"”$]|\s*(?:$|\n|because\b|since\b|weil\b|da\b|[-–—(])|(?=\s*(?:or\b|oder\b|/)))?"
)
_OR = re.compile(r"[)\]}*_`'\"”]*\s*(?:or|oder|and|und|/|&)\s*[(\[*_`\"'“„]*", re.IGNORECASE)
_LABELLED = re.compile(r"[(\[*_]*([A-Za-z])[*_]*[)\].:][*_]*\s+(?=\S)")
_MARKED = re.compile(
    r"\(([A-Z])\)|\[([A-Z])\]|\*\*\(?([A-Z])[).]?\*\*|(?:(?<=\s)|^)([A-Z])\)|\b(?:[Oo]ption|[Cc]hoice)\s+([A-Z])\b"
)


def picked(text: str, choices: Sequence[str] | None) -> set[int]:
    """The indexes of the choices that the text picks: one where it is clear, several where it is not, none otherwise.

    The first of these that finds anything decides: the text is a choice; it states an answer; its first or last line
    is a choice; a letter is marked as in `(B)`; a choice's text occurs. Without `choices`, only letters count.
    """
    known = _known(None if choices is None else tuple(choices))
    whole = known.said(text)
    if whole:
        return whole
    lines = [line for line in text.splitlines() if line.strip(_AROUND)]
    return (
        known.stated(text)
        or (known.said(lines[0]) | known.said(lines[-1]) if lines else set[int]())
        or known.marked(text)
        or known.occurring(text)
    )


def same(text: str, choice: str) -> bool:
    """Whether the text is the choice, apart from case, white space and signs around it."""
    return _folded(text) == _folded(choice)


class _Choices:
    def __init__(self, choices: Sequence[str] | None) -> None:
        self._count = len(LETTERS) if choices is None else min(len(choices), len(LETTERS))
        self._texts = [_folded(choice) for choice in choices or ()]
        self._reach = 40 + 2 * max(map(len, self._texts), default=0)

    def said(self, text: str) -> set[int]:
        """What a short text says that is an answer and nothing else: `B`, `(b)`, `Paris`, `B) Paris`."""
        folded = _folded(text)
        if folded in self._texts:
            return self._having(folded)
        if len(folded) == 1:
            return self._of(folded)
        labelled = _LABELLED.match(text.strip())
        if labelled is None or "\n" in text.strip():
            return set()
        rest = self._having(_folded(text.strip()[labelled.end() :]))
        return self._of(labelled[1]) | rest if rest or not self._texts else set()

    def stated(self, text: str) -> set[int]:
        """All that the text states to be the answer."""
        found: set[int] = set()
        for phrase in _STATED.finditer(text):
            found |= self._beginning(text[phrase.end() : phrase.end() + self._reach])
        return found

    def _beginning(self, text: str) -> set[int]:
        """The choice that the text begins with, by its text or its letter, and those that follow with an `or`."""
        found: set[int] = set()
        while True:
            here, length = self._first(text)
            found |= here
            more = _OR.match(text, length) if here else None
            if more is None:
                return found
            text = text[more.end() :]

    def _first(self, text: str) -> tuple[set[int], int]:
        """The choice that the text begins with, and how much of the text says so."""
        folded = normal(text, ignore_case=True)
        fitting = [choice for choice in self._texts if choice and _begins(folded, choice)]
        if fitting:
            longest = max(fitting, key=len)
            return self._having(longest), len(longest)
        letter = _LETTER.match(text)
        if letter is None or (letter[2] is None and letter[1] not in _NO_WORDS):
            return set(), 0
        return self._of(letter[1]), 1

    def marked(self, text: str) -> set[int]:
        """Letters that are written as choices are."""
        return self._union("".join(filter(None, found.groups())) for found in _MARKED.finditer(text))

    def occurring(self, text: str) -> set[int]:
        """The choices whose texts occur as words; one within another's occurrence does not count."""
        rest = normal(text, ignore_case=True)
        found: set[int] = set()
        for choice in sorted({text for text in self._texts if text}, key=len, reverse=True):
            rest, count = re.subn(rf"(?<!\w){re.escape(choice)}(?!\w)", "\0", rest)
            if count:
                found |= self._having(choice)
        return found

    def _having(self, folded: str) -> set[int]:
        return {index for index, text in enumerate(self._texts) if text == folded} if folded else set()

    def _of(self, letter: str) -> set[int]:
        index = LETTERS.find(letter.upper())
        return {index} if 0 <= index < self._count else set()

    def _union(self, letters: Iterable[str]) -> set[int]:
        return set[int]().union(*(self._of(letter) for letter in letters))


@lru_cache(maxsize=256)
def _known(choices: tuple[str, ...] | None) -> _Choices:
    return _Choices(choices)


def _folded(text: str) -> str:
    return " ".join(normal(text.strip(_AROUND), ignore_case=True).split())


def _begins(text: str, word: str) -> bool:
    return text.startswith(word) and not text[len(word) : len(word) + 1].isalnum()
