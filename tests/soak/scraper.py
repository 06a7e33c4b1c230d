"""The metrics, read again and again: no counter may ever fall."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_EVERY_S = 0.5
_GAUGES = ("ajar_inferences_in_flight", "ajar_deployment_in_flight")


class Scraper:
    """Looks while inside. An async context manager."""

    def __init__(self, port: int, blame: Callable[[str], None]) -> None:
        self._port = port
        self._blame = blame
        self._counters: dict[str, float] = {}
        self._reading = asyncio.Lock()
        self.scrapes = 0
        self.failed = 0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except (OSError, EOFError, TimeoutError):  # a worker that was killed
                self.failed += 1
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> dict[str, float]:
        """All samples by name and labels. Raises OSError, EOFError and TimeoutError where there are none."""
        async with self._reading, asyncio.timeout(10):
            page = await _page(self._port)
        self.scrapes += 1
        return self.take(page)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing is read meanwhile, so that no worker holds a connection for it."""
        async with self._reading:
            yield

    def take(self, page: str) -> dict[str, float]:
        """Compare a page with those before it; its samples."""
        samples, kinds = _read(page)
        now = {name: value for name, value in samples.items() if kinds.get(_family(name, kinds)) != "gauge"}
        for name, before in self._counters.items():
            if now.get(name, 0.0) < before:
                self._blame(f"a counter fell: {name} from {before:g} to {_number(now.get(name))}")
        self._counters |= now
        return samples

    def running(self, samples: dict[str, float]) -> dict[str, float]:
        """The gauges of what runs that are not 0."""
        return {name: value for name, value in samples.items() if name.startswith(_GAUGES) and value}

    def sum(self, name: str) -> float:
        """Of a counter over all its labels, as last seen."""
        return sum(value for sample, value in self._counters.items() if sample.partition("{")[0] == name)


async def _page(port: int) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(head)
        return (await reader.readexactly(int(length.partition(b":")[2]))).decode()
    finally:
        writer.close()


def _read(page: str) -> tuple[dict[str, float], dict[str, str]]:
    samples: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            kinds[name] = kind
        elif not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            samples[name] = float(value)
    return samples, kinds


def _family(sample: str, kinds: dict[str, str]) -> str:
    name = sample.partition("{")[0]
    if name in kinds:
        return name
    return next((name.removesuffix(end) for end in ("_bucket", "_sum", "_count") if name.endswith(end)), name)


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
