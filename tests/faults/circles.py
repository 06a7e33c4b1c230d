"""What only the collector can take away: objects that hold each other in a circle."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Self

import ajar

_SOURCE = str(Path(ajar.__file__).parent)


class Circles:
    """While inside, the collector rests. A context manager; what was left behind stands in `found` afterwards."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        """Objects of Ajar's by the names of their types, and frames by their functions' names."""

    def __enter__(self) -> Self:
        gc.collect()
        gc.disable()
        return self

    def look(self) -> None:
        """Collect, and see what there was."""
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            self.found.update(filter(None, map(_name, gc.garbage)))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()

    def __exit__(self, *_: object) -> None:
        gc.enable()


def _name(thing: object) -> str:
    """Empty where it is not Ajar's."""
    if isinstance(thing, FrameType):
        code = thing.f_code
        return f"frame of {code.co_qualname}" if code.co_filename.startswith(_SOURCE) else ""
    kind = type(thing)
    return kind.__qualname__ if kind.__module__.startswith("ajar.") else ""
