"""What messages are made of: phrasings, cues, word lists, all read from the data folder."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .grammar import Grammar, parse, read_templates
from .noise import Synonyms
from .products import Products, read_words
from .slots import OrderIds
from .task import INTENTS

HERE = Path(__file__).parent
DATA = HERE / "data"
FAR = HERE / "heldout" / "far"
CUES: tuple[str, ...] = (
    "urgency_high",
    "urgency_low",
    "clause_high",
    "clause_low",
    "lead_high",
    "lead_low",
    "greetings",
    "closings",
    "context",
    "details",
    "systems",
)


@dataclass(frozen=True)
class Split:
    """Which lines and words a corpus uses: all, or one side of a development split."""

    part: str = "all"
    share: int = 7

    def keep(self, key: str) -> bool:
        """Whether an entry belongs to this side; the same for every run."""
        if self.part == "all":
            return True
        held = random.Random(key).randrange(self.share) == 0
        return held == (self.part == "held")


class Corpus:
    """The phrasings, word lists and cues of the training data, ready to draw from.

    `part` is "all" for the shipped models; "kept" and "held" split phrasings, cues and
    product words for choosing a recipe without a look at the far set. With `inventive` off
    no word is invented and no noise is made: the texts to learn a vocabulary from.
    """

    def __init__(self, part: str = "all", inventive: bool = True) -> None:
        self.inventive = inventive
        split = Split(part)
        classes = {path.stem: read_templates(path) for path in sorted((DATA / "classes").glob("*.txt"))}
        self.grammar = Grammar(classes)
        self.phrasings: dict[str, dict[str, list[str]]] = {}
        for folder in ("phrasings", "extra"):
            self.phrasings[folder] = {
                intent: [t for t in read_templates(DATA / folder / f"{intent}.txt") if split.keep(t)]
                for intent in INTENTS
            }
        self.parsed = {
            folder: {intent: [parse(t) for t in lines] for intent, lines in found.items()}
            for folder, found in self.phrasings.items()
        }
        held = part == "held"
        self.cues = {
            name: [
                parse(line)
                for line in read_templates(DATA / f"{name}.txt")
                if split.keep(line) or (held and name.startswith(("clause", "lead", "details")))
            ]
            for name in CUES
        }
        words = {
            name: [w for w in read_words(DATA / f"{name}.txt") if split.keep(w)]
            for name in ("nouns", "attributes", "brandwords")
        }
        self.products = Products(**words, barred=barred_products(), inventive=inventive)
        self.order_ids = OrderIds(barred_id_formats())
        self.synonyms = Synonyms(read_templates(DATA / "synonyms.txt"))


def barred_id_formats() -> list[str]:
    """The regular expressions of the id formats that the far set keeps for itself."""
    path = FAR / "id_formats.toml"
    if not path.exists():
        return []
    return [entry["regex"] for entry in tomllib.loads(path.read_text("utf-8"))["format"]]


def barred_products() -> list[str]:
    """The product names that the far set keeps for itself."""
    path = FAR / "products.txt"
    return read_templates(path) if path.exists() else []
