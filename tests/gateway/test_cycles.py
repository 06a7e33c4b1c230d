"""What an answer leaves behind: nothing that only the collector can take away."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from ajar.gateway.http.exchange import Exchange
from ajar.gateway.inference import Inference
from doubles.upstream import DONE, Upstream, chunk, stream
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service


def test_a_stream_leaves_no_circle_behind(serve: Callable[..., Service], upstream: Upstream) -> None:
    upstream.default = stream([chunk("a"), chunk("b", "stop"), DONE])
    service = serve(config(upstream))
    service.chat(stream=True)
    gc.collect()
    gc.disable()
    try:
        for _ in range(10):
            service.chat(stream=True)
        left = [each for each in gc.get_objects() if isinstance(each, Exchange | Inference)]
        assert len(left) <= 1, "the last one may still be on its way out"
    finally:
        gc.enable()
