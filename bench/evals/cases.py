"""The cases of the benchmark of harnesses, and what the mock answers: the same prompts, targets and answers for all."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "bench-model"
MAX_TOKENS = 16

_WORDS = ("orders", "refunds", "delivery", "account", "other")
_NUMBER = re.compile(rb"Ticket (\d+):")
_LETTER = (
    "I ordered a kettle three weeks ago and it has not arrived, although the tracking page says that it was handed "
    "over on Monday. I have written twice already and would like to know what happens next."
)


def prompt(index: int) -> str:
    """About 330 characters, none twice."""
    return f"Ticket {index}: {_LETTER} Which desk takes this ticket? Answer with one of {', '.join(_WORDS)}."


def target(index: int) -> str:
    """The right answer."""
    return _WORDS[index % len(_WORDS)]


def right(index: int) -> bool:
    """Whether the mock answers this case rightly: six of seven."""
    return index % 7 != 3


def answer(index: int) -> str:
    """What the mock answers."""
    return target(index if right(index) else index + 1)


def number_in(request: bytes) -> int:
    """Which case a request asks. Raises ValueError where it asks none."""
    found = _NUMBER.search(request)
    if found is None:
        raise ValueError("the request asks no case of this benchmark")
    return int(found[1])


def count_right(count: int) -> int:
    """How many of the first `count` cases a harness must find right."""
    return sum(map(right, range(count)))


def write_lines(path: Path, count: int, names: tuple[str, str]) -> None:
    """The cases as JSON lines, with the prompt and the target under these names."""
    with path.open("w") as file:
        file.writelines(_lines(count, names))


def _lines(count: int, names: tuple[str, str]) -> Iterator[str]:
    for index in range(count):
        values = dict(zip(names, (prompt(index), target(index)), strict=True))
        yield json.dumps(values) + "\n"
