"""A name that nobody answers for delays those who asked for it, and no one else's connection."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

from doubles.service import Service
from faults.caller import ask
from faults.cell import deployment
from faults.saw import saw
from faults.speech import TEXT
from faults.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_CALLERS = 40
"""More than there are threads to look names up in."""


def test_a_fallback_is_reached_past_look_ups_that_are_stuck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, release = threading.Semaphore(0), threading.Event()
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
        if not str(host).endswith(".invalid") or options.get("flags", 0) & socket.AI_NUMERICHOST:
            return look_up(host, *args, **options)
        stuck.release()
        release.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    async def main() -> None:
        async with Upstream("openai-chat") as upstream:
            service = await asyncio.to_thread(Service, _config(upstream.port), tmp_path)
            try:
                heard = [ask(service.port, "openai-chat", "r", stream=False) for _ in range(_CALLERS)]
                answers = [saw("openai-chat", False, each) for each in await asyncio.gather(*heard)]
            finally:
                release.set()
                await asyncio.to_thread(service.stop)
            assert [each.text for each in answers] == [TEXT] * _CALLERS
            assert max(record["total_ms"] for record in service.records()) < 1500
            assert stuck.acquire(blocking=False), "no look-up was stuck, so this proves nothing"

    asyncio.run(main())


def _config(port: int) -> dict[str, Any]:
    """The fallback has a name too: its look-up must not stand in line behind those that are stuck."""
    dead = deployment("openai-chat", "http://no-such-host.invalid", own=False, limits={"connect_s": 0.4})
    named = deployment("openai-chat", f"http://localhost:{port}", own=False, limits={})
    return {"deployments": {"a": dead, "b": named}, "routes": {"r": {"primary": "a", "fallback": ["b"]}}}
