"""The worker's process, where the tests of its parts do not show it."""

from __future__ import annotations

import gc
import weakref

from ajar.gateway.worker import _settle_memory


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_was_in_use_at_one_snapshot_is_freed_at_the_next() -> None:
    threshold = gc.get_threshold()
    try:
        ring = Ring()
        gone = weakref.ref(ring)
        _settle_memory()
        del ring
        _settle_memory()
        assert gone() is None
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
