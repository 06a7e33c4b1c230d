"""Accuracy of a GGUF on a held-out set: all six fields right, each field, intervals."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .task import INTENTS, KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .serving import Served

Z = 1.959964


@dataclass(frozen=True)
class Result:
    """What a model got right on a set, message by message."""

    expected: list[dict[str, Any]]
    answers: list[dict[str, Any] | None]
    ordered: list[bool]

    @property
    def right(self) -> list[bool]:
        """Whether each message came out right in all six fields."""
        return [a == e for a, e in zip(self.answers, self.expected, strict=True)]

    def field(self, key: str) -> float:
        """The share of messages on which one field is right."""
        pairs = zip(self.answers, self.expected, strict=True)
        hits = sum(a is not None and key in a and a[key] == e[key] for a, e in pairs)
        return hits / len(self.expected)

    def summary(self) -> dict[str, Any]:
        """The figures as a JSON object: shares from 0 to 1, with 95% Wilson intervals."""
        right, count = sum(self.right), len(self.right)
        intents: dict[str, float] = {}
        totals = Counter(e["intent"] for e in self.expected)
        pairs = zip(self.answers, self.expected, strict=True)
        hits = Counter(e["intent"] for a, e in pairs if a and a.get("intent") == e["intent"])
        for intent in INTENTS:
            intents[intent] = round(hits[intent] / totals[intent], 4) if totals[intent] else 0.0
        return {
            "messages": count,
            "fully_right": round(right / count, 4),
            "fully_right_interval": [round(x, 4) for x in wilson(right, count)],
            "valid_json": round(sum(a is not None for a in self.answers) / count, 4),
            "keys_in_order": round(sum(self.ordered) / count, 4),
            "fields": {key: round(self.field(key), 4) for key in KEYS},
            "intent_recall": intents,
        }


def read_set(path: Path) -> list[dict[str, Any]]:
    """The rows of a held-out set, which are the cases of a suite: `input` is the message, `target` the answer."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def evaluate(served: Served, rows: Sequence[dict[str, Any]]) -> Result:
    """Answer every row greedily and compare."""
    answers: list[dict[str, Any] | None] = []
    ordered: list[bool] = []
    for answer in served.answers([row["input"] for row in rows]):
        try:
            value = json.loads(answer.text)
        except ValueError:
            value = None
        value = value if isinstance(value, dict) else None
        answers.append(value)
        ordered.append(value is not None and tuple(value) == KEYS and answer.ended)
    return Result([row["target"] for row in rows], answers, ordered)


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95% Wilson score interval of a share."""
    share, square = hits / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    half = Z * spread / (1 + square / count)
    return middle - half, middle + half


def paired_interval(before: Sequence[bool], after: Sequence[bool]) -> tuple[float, float, float]:
    """The difference after - before and its 95% paired Wald interval, with Agresti and Min's
    half a pair added to each of the four cells."""
    count = len(before) + 2.0
    gained = sum(a and not b for b, a in zip(before, after, strict=True)) + 0.5
    lost = sum(b and not a for b, a in zip(before, after, strict=True)) + 0.5
    middle = (gained - lost) / count
    half = Z * math.sqrt(gained + lost - (gained - lost) ** 2 / count) / count
    plain = (sum(after) - sum(before)) / len(before)
    return plain, middle - half, middle + half
