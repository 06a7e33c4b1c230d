"""What a turn of the event loop has to send leaves at its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ajar.upstream.departures import Departures

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

Sent = list[tuple[str, bytes]]


def sender(sent: Sent, name: str) -> Callable[[bytes], None]:
    return lambda data: sent.append((name, data))


def test_all_of_a_turn_leaves_at_its_end_in_order() -> None:
    async def main() -> None:
        sent: Sent = []
        departures = Departures()
        departures.add(sender(sent, "a"), b"1")
        asyncio.get_running_loop().call_soon(lambda: departures.add(sender(sent, "next turn"), b"3"))
        departures.add(sender(sent, "b"), b"2")
        assert not sent
        await asyncio.sleep(0)
        assert sent == [("a", b"1"), ("b", b"2")]
        await asyncio.sleep(0)
        assert sent[2:] == [("next turn", b"3")]

    asyncio.run(main())


def test_it_can_be_sent_now() -> None:
    async def main() -> None:
        sent: Sent = []
        departures = Departures()
        departures.add(sender(sent, "a"), b"1")
        departures.flush()
        assert sent == [("a", b"1")]
        departures.add(sender(sent, "b"), b"2")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert sent == [("a", b"1"), ("b", b"2")], "each once"

    asyncio.run(main())


def test_nobody_waits_for_many() -> None:
    async def main() -> None:
        sent: Sent = []
        departures = Departures()
        for number in range(80):
            departures.add(sender(sent, str(number)), b"")
        assert [name for name, _ in sent] == [str(number) for number in range(64)]
        await asyncio.sleep(0)
        assert [name for name, _ in sent] == [str(number) for number in range(80)]

    asyncio.run(main())


def test_what_is_added_on_the_way_out_waits_for_the_next_turn() -> None:
    async def main() -> None:
        sent: Sent = []
        departures = Departures()

        def again(data: bytes) -> None:
            sent.append(("a", data))
            departures.add(sender(sent, "b"), b"2")

        departures.add(again, b"1")
        await asyncio.sleep(0)
        assert sent == [("a", b"1")]
        await asyncio.sleep(0)
        assert sent == [("a", b"1"), ("b", b"2")]

    asyncio.run(main())


def test_one_that_fails_keeps_nobody_back(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        sent: Sent = []
        departures = Departures()

        def fail(data: bytes) -> None:
            raise OSError("no way out")

        departures.add(fail, b"lost")
        departures.add(sender(sent, "b"), b"2")
        await asyncio.sleep(0)
        assert sent == [("b", b"2")]

    asyncio.run(main())
    assert "sending 4 bytes failed" in caplog.text
    assert "no way out" in caplog.text
