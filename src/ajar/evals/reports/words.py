"""Which words differ between two texts."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import msgspec
from rapidfuzz.distance import LCSseq

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind = Literal["same", "old", "new"]

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 4_000
"""Of a text that is compared word by word: the table of two such texts takes 2 MB and some milliseconds."""


class Piece(msgspec.Struct, frozen=True):
    """A stretch that both texts have, only the old one, or only the new one."""

    kind: Kind
    text: str


def diff(old: str, new: str) -> list[Piece]:
    """The pieces in reading order: `same` and `old` together are the old text, `same` and `new` the new one.

    By the longest common subsequence of words. (difflib takes cubic time on texts of one repeated word, which models
    do write.) What is left of very long texts after their common beginning and end is told as replaced whole.
    """
    before, after = _WORD.findall(old), _WORD.findall(new)
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    pieces = [
        Piece("same", "".join(before[:head])),
        *_middle(before[head : len(before) - tail], after[head : len(after) - tail]),
        Piece("same", "".join(before[len(before) - tail :])),
    ]
    return list(_joined(pieces))


def _common(one: list[str], other: list[str]) -> int:
    """How many words at the beginning are the same."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _middle(old: list[str], new: list[str]) -> list[Piece]:
    if max(len(old), len(new)) > _MOST_WORDS or not old or not new:
        return [Piece("old", "".join(old)), Piece("new", "".join(new))]
    pieces: list[Piece] = []
    for step in LCSseq.opcodes(old, new):
        was, now = "".join(old[step.src_start : step.src_end]), "".join(new[step.dest_start : step.dest_end])
        # Single spaces or commas that happen to be the same between two changes only chop them up.
        if step.tag == "equal" and not _is_chaff(was):
            pieces.append(Piece("same", was))
        else:
            pieces += [Piece("old", was), Piece("new", now)]
    return pieces


def _is_chaff(text: str) -> bool:
    return not any(char.isalnum() for char in text)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """One piece where several of a kind follow each other; within a change first all that is old."""
    for same, stretch in groupby(pieces, key=lambda piece: piece.kind == "same"):
        texts: dict[Kind, str] = {"same": "", "old": "", "new": ""}
        for piece in stretch:
            texts[piece.kind] += piece.text
        kinds: tuple[Kind, ...] = ("same",) if same else ("old", "new")
        yield from (Piece(kind, texts[kind]) for kind in kinds if texts[kind])
