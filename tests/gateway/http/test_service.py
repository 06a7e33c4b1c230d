"""Handlers as the service counts them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from ajar.gateway.http.service import Limits, Service

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange


class _Exchange:
    task: asyncio.Task[None] | None = None


def test_a_handler_cancelled_before_its_first_step_is_forgotten() -> None:
    ran: list[Exchange] = []

    async def handle(exchange: Exchange) -> None:
        ran.append(exchange)

    async def scene() -> None:
        service = Service(handle, cast("Any", None), Limits())
        exchange = cast("Any", _Exchange())
        service.launch(exchange)
        assert service.exchanges == 1
        service.cancel(exchange)
        async with asyncio.timeout(5):
            while service.exchanges:
                await asyncio.sleep(0)
            await service.empty(5)
        assert not ran

    asyncio.run(scene())
