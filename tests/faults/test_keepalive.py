"""A caller hears that he is waited for while a model thinks: between events only, and without a promise."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import TYPE_CHECKING

import pytest

from faults import acts
from faults.cell import FRONTS, OTHER
from faults.saw import saw
from faults.speech import TEXT, WORDS
from faults.stage import stage
from faults.together import together
from faults.upstream import healthy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.caller import Heard
    from faults.speech import Speech
    from faults.stage import Stage
    from faults.upstream import Act, Peer

KEEPALIVE_S = 0.2
LATE_S = 0.45
"""How late a sign of life may be: they are looked after together, and not by a clock each."""
THINKS_S = 1.1
"""How long a model thinks here: time for two signs of life, at least."""


def signs(front: str, heard: Heard) -> int:
    """How many there are, each in its format's own way."""
    if front == "anthropic":
        events = [block.partition(b"\n")[0] for block in heard.body.split(b"\n\n")]
        own = sum(pair == (b"event: message_start", b"event: ping") for pair in itertools.pairwise(events))
        return events.count(b"event: ping") - own  # the scripted upstream has one of its own, right there
    return len(re.findall(rb"(?:^|\n\n): ping(?=\n\n)", heard.body))


async def hear(it: Stage, *, stream: bool = True) -> Heard:
    """One answer."""
    async with it.caller() as caller:
        caller.send(it.message(stream=stream))
        return await caller.listen()


async def think_first(peer: Peer, speech: Speech) -> None:
    """Nothing for a while."""
    await asyncio.sleep(THINKS_S)
    await peer.answer(speech)


async def think_behind_head(peer: Peer, speech: Speech) -> None:
    """A head and the events before content, then nothing for a while."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.first])
    await asyncio.sleep(THINKS_S)
    await peer.pieces(*speech.events[speech.first :])
    await peer.end()


async def think_in_the_middle(peer: Peer, speech: Speech) -> None:
    """Nothing for a while behind two words."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.middle])
    await asyncio.sleep(THINKS_S)
    await peer.pieces(*speech.events[speech.middle :])
    await peer.end()


async def think_inside_an_event(peer: Peer, speech: Speech) -> None:
    """Nothing for a while behind half an event: of the first content, and of the last."""
    await peer.start(speech.kind)
    for number, event in enumerate(speech.events):
        half = len(event) // 2
        await peer.piece(event[:half])
        if number in (speech.first, speech.middle):
            await asyncio.sleep(THINKS_S)
        await peer.piece(event[half:])
    await peer.end()


async def odd_ends(peer: Peer, speech: Speech) -> None:
    """Half an end of an event, then nothing for a while."""
    await peer.start(speech.kind)
    for number, event in enumerate(speech.events):
        await peer.piece(event[:-1])
        if number == speech.first:
            await asyncio.sleep(THINKS_S)
        await peer.piece(event[-1:])
    await peer.end()


_THINKING: dict[str, Act] = {
    "first": think_first,
    "behind the head": think_behind_head,
    "in the middle": think_in_the_middle,
    "inside an event": think_inside_an_event,
    "inside an event's end": odd_ends,
}


@pytest.mark.parametrize("act", _THINKING.values(), ids=_THINKING)
def test_signs_of_life(tmp_path: Path, act: Act) -> None:
    async def check(state: Path, front: str, back: str) -> None:
        async with stage(state, front, act, back=back, keepalive_s=KEEPALIVE_S) as it:
            heard = await hear(it)
            found = saw(front, True, heard)
            assert (found.kind, found.text) == ("answer", TEXT), found
            assert signs(front, heard) >= 2
            assert all(_blocks(heard)), "an event was torn apart"
            record = await it.record()
            assert (record["status"], record.get("error")) == (200, None)
            assert record["ttfb_ms"] >= 1000 or act not in (think_first, think_behind_head), "a sign is no content"

    together(tmp_path, check, [(front, back) for front in FRONTS for back in (front, OTHER[front])])


def _blocks(heard: Heard) -> Iterator[bool]:
    """Whether each block of the stream is one of a kind: lines of an event, or a comment of its own."""
    for block in heard.body.replace(b"\r\n", b"\n").split(b"\n\n")[:-1]:
        comment = block.startswith(b":")
        yield comment == (b"data:" not in block) and (not comment or b"\n" not in block)


def test_it_begins_in_time_and_keeps_its_pace(tmp_path: Path) -> None:
    async def check(state: Path, front: str) -> None:
        async with stage(state, front, think_first, keepalive_s=KEEPALIVE_S) as it:
            heard = await hear(it)
            times = [at - heard.asked_at for at, data in heard.pieces if WORDS[0].encode() not in data]
            times = [at for at in times if at < THINKS_S - 0.02]
            pauses = [after - before for before, after in itertools.pairwise([0, *times])]
            assert len(times) >= 2
            assert all(KEEPALIVE_S - 0.05 <= pause < KEEPALIVE_S + LATE_S for pause in pauses), pauses
            assert heard.headers["content-type"].startswith("text/event-stream")
            assert "x-ajar-inference" in heard.headers

    together(tmp_path, check, [(front,) for front in FRONTS])


def test_who_needs_none_gets_none(tmp_path: Path) -> None:
    async def check(state: Path, front: str) -> None:
        async with stage(state / "fast", front, healthy, keepalive_s=KEEPALIVE_S) as it:
            assert signs(front, await hear(it)) == 0
        async with stage(state / "never", front, think_first, keepalive_s=0) as it:
            heard = await hear(it)
            assert signs(front, heard) == 0
            assert saw(front, True, heard).text == TEXT
        async with stage(state / "whole", front, think_first, keepalive_s=KEEPALIVE_S) as it:
            heard = await hear(it, stream=False)
            assert b"ping" not in heard.body
            assert saw(front, False, heard).text == TEXT

    together(tmp_path, check, [(front,) for front in FRONTS])


def late(act: Act) -> Act:
    """The same after a while."""

    async def thinking(peer: Peer, speech: Speech) -> None:
        await asyncio.sleep(THINKS_S)
        await act(peer, speech)

    return thinking


_FAILURES: dict[str, tuple[Act, tuple[str, ...], int]] = {
    "503": (acts.refuse(503), ("upstream_503",), 503),
    "closed": (acts.close, ("upstream_closed",), 502),
    "nonsense": (acts.html, ("upstream_garbage",), 502),
    "error event": (acts.error_behind_lifecycle, ("upstream_error_event", "upstream_503", "upstream_529"), 0),
    "hangs": (acts.hang, ("upstream_first_byte_timeout",), 504),
}


def test_a_deployment_that_fails_behind_a_sign_still_fails_over(tmp_path: Path) -> None:
    async def check(state: Path, front: str, name: str) -> None:
        act, codes, _ = _FAILURES[name]
        limits = {"first_byte_s": 1.8}
        options = {"fallback": (healthy,), "keepalive_s": KEEPALIVE_S, "limits": limits}
        async with stage(state, front, late(act), **options) as it:
            heard = await hear(it)
            found = saw(front, True, heard)
            assert (found.kind, found.text) == ("answer", TEXT), found
            assert signs(front, heard) >= 2
            record = await it.record()
            assert (record["status"], record.get("error")) == (200, None)
            assert [each["deployment"] for each in record["attempts"]] == ["a", "b"]
            assert record["attempts"][0]["error"] in codes

    together(tmp_path, check, [(front, name) for front in FRONTS for name in _FAILURES])


def test_total_failure_behind_a_sign_is_an_error_event(tmp_path: Path) -> None:
    async def check(state: Path, front: str, name: str) -> None:
        act, codes, status = _FAILURES[name]
        budget = {"attempts": 1}
        options = {"budget": budget, "keepalive_s": KEEPALIVE_S, "limits": {"first_byte_s": 1.8}}
        async with stage(state, front, late(act), **options) as it:
            heard = await hear(it)
            found = saw(front, True, heard)
            assert (found.kind, found.status, found.text) == ("broken", 200, ""), found
            assert signs(front, heard) >= 2
            record = await it.record()
            assert record["error"] in codes
            assert record["status"] == status or (not status and record["status"] >= 500)
            assert [each["error"] in codes for each in record["attempts"]] == [True]

    together(tmp_path, check, [(front, name) for front in FRONTS for name in _FAILURES])


def test_the_callers_own_fault_behind_a_sign(tmp_path: Path) -> None:
    async def check(state: Path, front: str) -> None:
        act = late(acts.refuse(400))
        async with stage(state, front, act, fallback=(healthy,), keepalive_s=KEEPALIVE_S) as it:
            heard = await hear(it)
            assert saw(front, True, heard).kind == "broken"
            assert b"refused with 400" in heard.body
            record = await it.record()
            assert (record["status"], record["error"]) == (400, "upstream_400")
            assert not it.fallback.seen

    together(tmp_path, check, [(front,) for front in FRONTS])


def test_a_caller_leaves_behind_a_sign(tmp_path: Path) -> None:
    async def check(state: Path, front: str) -> None:
        async with stage(state, front, acts.hang, keepalive_s=KEEPALIVE_S) as it:
            async with it.caller() as caller:
                caller.send(it.message(stream=True))
                await caller.listen(until=b"ping")
                at = caller.leave()
            await it.left(at)
            record = await it.record()
            assert (record["status"], record["error"]) == (499, "caller_left")

    together(tmp_path, check, [(front,) for front in FRONTS])


def test_a_sign_is_nothing_that_the_upstream_said(tmp_path: Path) -> None:
    """Ajar's own signs put off no time limit of the upstream's."""

    async def main() -> None:
        limits = {"gap_s": 0.7}
        async with stage(tmp_path, "anthropic", acts.stall, keepalive_s=KEEPALIVE_S, limits=limits) as it:
            heard = await hear(it)
            found = saw("anthropic", True, heard)
            assert (found.kind, found.text) == ("broken", WORDS[0] + WORDS[1])
            assert heard.seconds < 1.5
            assert (await it.record())["error"] == "upstream_gap_timeout"

    asyncio.run(main())
