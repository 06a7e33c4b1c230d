"""Product names, open-ended: invented makes, real and invented heads, model numbers."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Sequence

_PARTS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "data" / "name_parts.toml").read_text("utf-8"))


def read_words(path: Path) -> list[str]:
    """The comma-separated entries of a word list, comments left out, in file order."""
    words: dict[str, None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            words.update(dict.fromkeys(word.strip() for word in line.split(",") if word.strip()))
    return list(words)


def invented(rng: random.Random, syllables: int, ends: Sequence[str] = ()) -> str:
    """An invented lower-case word of so many syllables and perhaps an ending."""
    onsets, vowels, codas = _PARTS["onsets"], _PARTS["vowels"], _PARTS["codas"]
    word = ""
    for index in range(syllables):
        onset = "" if index == 0 and rng.random() < 0.15 else rng.choice(onsets)
        word += onset + rng.choice(vowels) + (rng.choice(codas) if rng.random() < 0.5 else "")
    return word + (rng.choice(ends) if ends else "")


class Products:
    """Draws product names; a name that holds a barred name or make never comes out."""

    def __init__(
        self,
        nouns: Sequence[str],
        attributes: Sequence[str],
        brandwords: Sequence[str],
        barred: Collection[str] = (),
        inventive: bool = True,
    ) -> None:
        self._inventive = inventive
        self._nouns = tuple(nouns)
        self._attributes = tuple(attributes)
        self._brandwords = tuple(brandwords)
        self._barred = {name.lower() for name in barred}
        self._barred_words = {name.split()[0].lower() for name in barred}

    def draw(self, rng: random.Random) -> str:
        """One product name, one to seven words long, no article and no double quote."""
        while True:
            name = self._candidate(rng)
            if len(name) <= 60 and not self.is_barred(name):
                return name

    def is_barred(self, name: str) -> bool:
        """Whether the name is a barred one or starts with a barred one's first word."""
        lower = name.lower()
        return lower in self._barred or lower.split()[0] in self._barred_words

    def _candidate(self, rng: random.Random) -> str:
        head, kind = self._head(rng), rng.random()
        if kind < 0.20:
            name = f"{self._brand(rng)} {head}"
        elif kind < 0.34:
            name = f"{self._brand(rng)} {self._attribute(rng)} {head}"
        elif kind < 0.42:
            name = f"{self._brand(rng)} {self._model(rng)} {head}"
        elif kind < 0.50:
            name = f"{self._brand(rng)} {self._model(rng)}"
        elif kind < 0.64:
            name = f"{self._attribute(rng)} {head}"
        elif kind < 0.69:
            name = f"{self._attribute(rng)} {self._attribute(rng)} {head}"
        elif kind < 0.73:
            name = f"{self._brand(rng)} {self._brand(rng)} {head}"
        elif kind < 0.77:
            name = f"{self._measure(rng)} {self._attribute(rng)} {head}"
        elif kind < 0.80:
            name = f"{self._brand(rng)} {head} {rng.choice(_PARTS['lines'])}"
        elif kind < 0.83:
            name = f"{self._brand(rng)} {head}, {self._attribute(rng)}"
            name = name.replace(",", "") if rng.random() < 0.7 else name.replace(", ", " in ")
        elif kind < 0.86:
            name = f"{self._brand(rng)} & {self._brand(rng)} {head}"
        elif kind < 0.90:
            name = f"{self._brand(rng)} {self._measure(rng)} {head}"
        elif kind < 0.92:
            name = f"{head} {self._model(rng)}"
        elif kind < 0.94:
            name = f"set of {rng.choice(['2', '3', '4', '6', '8', 'two', 'four', 'six'])} {head}"
        elif kind < 0.97:
            name = self._brand(rng)
        else:
            name = head
        return self._cased(name, rng)

    def _head(self, rng: random.Random) -> str:
        if rng.random() < 0.72 or not self._inventive:
            head = rng.choice(self._nouns)
        else:
            head = invented(rng, rng.choice((1, 2, 2)), _PARTS["head_ends"])
            if rng.random() < 0.4:
                head = f"{rng.choice(self._nouns).split()[0]} {head}"
        if rng.random() < 0.05:
            head = f"{head} {rng.choice(('kit', 'set', 'pack', 'bundle', 'cover', 'case'))}"
        return head

    def _attribute(self, rng: random.Random) -> str:
        if rng.random() < 0.78 or not self._inventive:
            return rng.choice(self._attributes)
        return invented(rng, rng.choice((1, 2, 3)), ("", "", "ed", "y", "ic", "al", "an", "-tone"))

    def _brand(self, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.25 or not self._inventive:
            return rng.choice(self._brandwords)
        if kind < 0.33:
            return rng.choice(self._brandwords) + rng.choice(self._brandwords).lower()
        if kind < 0.38:
            return rng.choice(self._brandwords) + rng.choice(self._brandwords)
        if kind < 0.72:
            middle = rng.choice(("", "", "a", "e", "i", "o")) if rng.random() < 0.3 else ""
            return rng.choice(_PARTS["first"]) + middle + rng.choice(_PARTS["last"])
        ends = _PARTS["brand_ends"] if rng.random() < 0.5 else ()
        word = invented(rng, rng.choice((1, 2, 2, 3)), ends)
        style = rng.random()
        if style < 0.06:
            return word.upper()
        return word if style < 0.09 else word.capitalize()

    def _model(self, rng: random.Random) -> str:
        letters = "".join(rng.choice("ABCDEGHKLMPQRSTVXZ") for _ in range(rng.randint(1, 3)))
        number = rng.choice((rng.randint(1, 9), rng.randint(10, 99), rng.randint(1, 99) * 100))
        shapes = (
            f"{letters}{number}",
            f"{letters}-{number}",
            f"{letters} {number}",
            f"{number}{letters[0]}",
            f"{number}",
            rng.choice(_PARTS["lines"]),
            f"{rng.choice(_PARTS['lines'])} {number % 13 + 1}",
            f"{rng.choice(self._brandwords)} {number}",
            rng.choice(self._brandwords),
        )
        return rng.choice(shapes)

    def _measure(self, rng: random.Random) -> str:
        number, unit = (
            rng.randint(2, 60),
            rng.choice(_PARTS["units"]),
        )
        shapes = (
            f"{number}{unit}",
            f"{number}-{unit}",
            f"{number / 10:.1f}{unit}",
            f"{number % 12 + 2}-piece",
            f"{number % 12 + 2}-pack",
            f"{number % 5 + 2}-in-1",
            f"{number}x{rng.randint(2, 60)}",
            f"size {number}",
            f"{number} cm",
        )
        return rng.choice(shapes)

    @staticmethod
    def _cased(name: str, rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.22:
            small = {"in", "of", "and", "&"}
            return " ".join(w if w in small else w[:1].upper() + w[1:] for w in name.split())
        if kind < 0.30:
            return name.lower()
        return name[:1].upper() + name[1:] if kind < 0.34 else name
