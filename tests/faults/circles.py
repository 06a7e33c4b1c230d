"""What only the collector can take away: objects that hold each other in a circle."""

from __future__ import annotations

import gc
from collections import Counter
from typing import Self

_OURS = ("ajar.gateway.", "ajar.upstream.", "ajar.wire.", "ajar.errors.")


class Circles:
    """While inside, the collector rests. A context manager; what was left behind stands in `found` afterwards."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        """Objects of the gateway by the names of their types."""

    def __enter__(self) -> Self:
        gc.collect()
        gc.disable()
        return self

    def look(self) -> None:
        """Collect, and see what there was."""
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            types = (type(each) for each in gc.garbage)
            self.found.update(t.__qualname__ for t in types if t.__module__.startswith(_OURS))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()

    def __exit__(self, *_: object) -> None:
        gc.enable()
