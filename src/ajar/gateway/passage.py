"""What carrying an answer to its caller in pieces needs: patience with the caller, and a way to break off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import AjarError, CannotCarry, UpstreamError

if TYPE_CHECKING:
    from ajar.gateway.inference import Inference
    from ajar.gateway.outlet import Outlet
    from ajar.gateway.watch import Pulse


async def drain(exchange: Outlet, pulse: Pulse) -> None:
    """Wait for a caller who reads slowly."""
    pulse.resting = True
    await exchange.drain()
    pulse.resting = False


def break_off(inference: Inference, status: int, error: AjarError) -> AjarError:
    """Record a failure after bytes were sent. Returns what the caller is to be told: it, or why it has no record."""
    if isinstance(error, UpstreamError | CannotCarry):
        inference.end_attempt(status, error.outcome)
    try:
        inference.conclude(error.status, error)
    except AjarError as lost:
        return lost.anew()
    return error
