"""Gathers what is wrong with a suite, so that all of it is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.config.problem import quoted, shortened
from ajar.errors import ConfigError

if TYPE_CHECKING:
    from ajar.config.problem import KeyPath

MOST = 50


class Report:
    """The faults of the files of a suite. The first `MOST` are kept, the others are counted."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, int, str]] = []
        self._files: dict[str, int] = {}
        self.count = 0

    def add(self, file: str, line: int, text: str, *, case: str | None = None, path: KeyPath = ()) -> None:
        """Note a fault at a line; `case` is the id of its case, and `path` the keys from there to what is wrong."""
        self.count += 1
        if len(self._kept) < MOST:
            where = f"case `{shortened(case)}`" if case else None
            sentence = ": ".join(filter(None, (f"{file}:{line}", where, dotted(path), text)))
            self._kept.append((self._files.setdefault(file, len(self._files)), line, sentence))

    def stop(self) -> None:
        """Raise ConfigError with every fault noted so far, if there is one, in the order of the files' lines."""
        if self.count:
            sentences = [sentence for _, _, sentence in sorted(self._kept, key=lambda kept: kept[:2])]
            more = self.count - len(sentences)
            raise ConfigError([*sentences, f"… and {more} more"] if more else sentences)


def dotted(path: KeyPath) -> str:
    """The keys in backquotes: `tags[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{_spelt(part)}"
    return f"`{text}`" if text else ""


def _spelt(key: str) -> str:
    key = shortened(key)
    return key if key.isprintable() and not set(key) & set(" .[]`:") and key else quoted(key)
