"""Keeping a stream's caller connected while a model thinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.gateway.answer import STREAM
from ajar.gateway.relay import own_lines

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.inference import Inference
    from ajar.wire.fronts import Front


def keep_alive(exchange: Exchange, inference: Inference, front: Front) -> None:
    """Send what says, in the caller's format, that the answer is still to come.

    Where nothing of it has been sent, that commits the status and the headers, but no deployment: another one can still
    be asked. Nothing is sent into the middle of an event, nor to a caller who does not read.
    """
    if exchange.over or exchange.congested or not inference.between_events:
        return
    if not exchange.started:
        exchange.start(200, STREAM, None, own_lines(inference, None))
    exchange.write(front.ping)
