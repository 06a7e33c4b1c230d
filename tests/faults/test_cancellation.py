"""Whoever leaves takes the upstream's call along, at once, and leaves one record behind."""

from __future__ import annotations

import asyncio
import json
import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from faults import acts
from faults.cell import FRONTS, OTHER
from faults.speech import WORDS, reported
from faults.stage import LEAVE_S, eventually, stage
from faults.together import together
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.speech import Speech
    from faults.upstream import Act, Peer

_WAITS: dict[str, tuple[Act, bool]] = {
    "before the head": (acts.hang, True),
    "before the head of a whole answer": (acts.hang, False),
    "before the first event": (acts.hang_behind_head, True),
    "behind lifecycle events": (acts.only_lifecycle, True),
    "in the middle of a whole answer": (acts.stall, False),
}


def left(record: dict[str, Any]) -> None:
    """The record says so, and so does its last attempt."""
    assert (record["status"], record["error"]) == (499, "caller_left")
    assert record["attempts"][-1]["error"] == "caller_left"


def billed(record: dict[str, Any]) -> tuple[int, int] | None:
    usage = record.get("usage")
    return None if not usage else (usage["input_tokens"], usage["output_tokens"])


def test_a_caller_leaves_before_content(tmp_path: Path) -> None:
    async def check(state: Path, front: str, back: str, wait: str) -> None:
        act, stream = _WAITS[wait]
        async with stage(state, front, act, back=back, fallback=(healthy,)) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=stream))
                await it.asked()
                await asyncio.sleep(0.05)
                at = caller.leave()
            await it.left(at)
            left(await it.record())
            assert not it.fallback.seen
            assert len(it.primary.seen) == 1

    cases = [(front, back, wait) for front in FRONTS for back in (front, OTHER[front]) for wait in _WAITS]
    for number in range(0, len(cases), 6):
        together(tmp_path / str(number), check, cases[number : number + 6])


def test_a_caller_leaves_in_the_middle(tmp_path: Path) -> None:
    async def check(state: Path, front: str, back: str) -> None:
        async with stage(state, front, acts.stall, back=back, fallback=(healthy,)) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                await caller.listen(until=WORDS[1].encode())
                at = caller.leave()
            await it.left(at)
            record = await it.record()
            left(record)
            assert record["upstream_model"] == "script-1"
            assert billed(record) == reported(back, closing=False)

    together(tmp_path, check, [(front, back) for front in FRONTS for back in (front, OTHER[front])])


async def counting(peer: Peer, speech: Speech) -> None:
    """Tells the tokens so far with each word, as vLLM does where it is told to."""
    await peer.start(speech.kind)
    for number, event in enumerate(speech.events[: speech.middle]):
        value = json.loads(event.removeprefix(b"data: "))
        value["usage"] = {"prompt_tokens": 11, "completion_tokens": number, "total_tokens": 11 + number}
        await peer.piece(b"data: " + json.dumps(value).encode() + b"\n\n")
    await peer.hang()


def test_what_was_used_so_far_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        async with stage(tmp_path, "openai-chat", counting) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                await caller.listen(until=WORDS[1].encode())
                caller.leave()
            record = await it.record()
            left(record)
            assert billed(record) == (11, 2)

    asyncio.run(main())


def test_a_caller_leaves_who_has_sent_ahead(tmp_path: Path) -> None:
    """More than is read ahead: then nobody reads the connection, and its end must be found in another way."""

    async def check(state: Path, front: str, act: Act) -> None:
        async with stage(state, front, act) as it:
            async with it.caller() as caller:
                request = it.message(stream=True)
                caller.send(request + request * (1 + 200_000 // len(request)))
                await it.asked()
                await asyncio.sleep(0.1)
                at = caller.leave()
            await it.left(at)
            left(await it.record())
            assert len(it.primary.seen) == 1

    places = (acts.hang, acts.only_lifecycle, acts.stall)
    together(tmp_path, check, [(front, act) for front in FRONTS for act in places])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_caller_leaves_between_two_attempts(tmp_path: Path, stream: bool) -> None:
    async def main() -> None:
        act = acts.refuse(429, ("retry-after", "1"))
        async with stage(tmp_path, "openai-chat", act) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=stream))
                await it.asked()
                await asyncio.sleep(0.1)
                at = caller.leave()
            await eventually(it.service.records, 1)
            assert monotonic() - at < LEAVE_S + 0.05
            record = await it.record()
            assert (record["status"], record["error"]) == (499, "caller_left")
            assert record["attempts"][0]["error"] == "upstream_429"
            await asyncio.sleep(1.2)
            assert len(it.primary.seen) == 1, "asked again for a caller who had left"

    asyncio.run(main())


def test_a_caller_leaves_before_there_is_a_connection(tmp_path: Path) -> None:
    async def main() -> None:
        with socket.socket() as full, socket.socket() as first, socket.socket() as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            options = {"base_url": f"http://127.0.0.1:{full.getsockname()[1]}/v1"}
            async with stage(tmp_path, "openai-chat", healthy, options=options, fallback=(healthy,)) as it:
                async with it.caller() as caller:
                    caller.send(it.message(stream=False))
                    await asyncio.sleep(0.1)
                    at = caller.leave()
                await eventually(it.service.records, 1)
                assert monotonic() - at < LEAVE_S + 0.05
                left(await it.record())
                assert not it.fallback.seen

    asyncio.run(main())


def test_a_caller_leaves_who_waits_for_his_turn(tmp_path: Path) -> None:
    async def main() -> None:
        options = {"max_concurrent": 1, "queue": 4}
        async with stage(tmp_path, "openai-chat", acts.hang, options=options) as it:
            async with it.caller() as first, it.caller() as second:
                first.send(it.message(stream=False))
                await it.asked()
                second.send(it.message(stream=False))
                await asyncio.sleep(0.1)
                assert len(it.primary.seen) == 1
                at = second.leave()
                await eventually(it.service.records, 1)
                assert monotonic() - at < LEAVE_S + 0.05
                (record,) = it.service.records()
                assert (record["status"], record["error"]) == (499, "caller_left")
                at = first.leave()
                await it.left(at)
            assert len(it.primary.seen) == 1

    asyncio.run(main())
