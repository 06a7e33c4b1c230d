"""The test's own eyes: a caller who asks the faulty upstream itself sees each fault for what it is."""

from __future__ import annotations

import asyncio

import pytest

from faults import acts
from faults.caller import PATHS, ask
from faults.cell import FRONTS
from faults.saw import saw
from faults.speech import TEXT, WORDS, Speech
from faults.upstream import Peer, Upstream, healthy


async def twice(peer: Peer, speech: Speech) -> None:
    """A word is said twice, as after a prompt that was asked again."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.middle], *speech.events[speech.first :])
    await peer.end()


async def more_behind_the_end(peer: Peer, speech: Speech) -> None:
    """A good answer, and an error behind it."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events, speech.error_event(9))
    await peer.end()


async def half_an_event(peer: Peer, speech: Speech) -> None:
    """Half an event, an end of it, and an error."""
    await peer.start(speech.kind)
    event = speech.events[speech.first]
    await peer.pieces(*speech.events[: speech.first], event[:-20] + b"\n\n", speech.error_event(9))
    await peer.end()


_STREAMS = {
    "healthy": (healthy, "answer", TEXT),
    "byte by byte": (acts.byte_by_byte, "answer", TEXT),
    "cut": (acts.cut, "cut", WORDS[0] + WORDS[1]),
    "reset": (acts.cut_by_reset, "cut", WORDS[0] + WORDS[1]),
    "no end mark": (acts.cut_before_mark, "cut", TEXT),
    "clean end of half": (acts.end_too_early, "cut", WORDS[0] + WORDS[1]),
    "error event": (acts.error_behind_content, "broken", WORDS[0] + WORDS[1]),
    "more behind the end": (more_behind_the_end, "nonsense", ""),
    "half an event": (half_an_event, "nonsense", ""),
    "page": (acts.html, "nonsense", ""),
    "refusal": (acts.refuse(429), "error", ""),
    "nothing": (acts.close, "cut", ""),
}


@pytest.mark.parametrize("name", _STREAMS)
@pytest.mark.parametrize("front", FRONTS)
def test_streams(front: str, name: str) -> None:
    act, kind, text = _STREAMS[name]

    async def main() -> None:
        async with Upstream(front, (act,)) as upstream:
            found = saw(front, True, await ask(upstream.port, front, "m", stream=True, seconds=2))
            assert (found.kind, found.text) == (kind, text), found

    asyncio.run(main())


@pytest.mark.parametrize("front", FRONTS)
def test_what_is_said_twice_is_seen_twice(front: str) -> None:
    async def main() -> None:
        async with Upstream(front, (twice,)) as upstream:
            found = saw(front, True, await ask(upstream.port, front, "m", stream=True, seconds=2))
            assert found.text != TEXT
            assert found.text.count(WORDS[0]) == 2 or "is not" in found.why

    asyncio.run(main())


@pytest.mark.parametrize("front", FRONTS)
def test_whole_answers(front: str) -> None:
    cases = {healthy: "answer", acts.cut: "cut", acts.truncated: "nonsense", acts.html: "nonsense"}

    async def main() -> None:
        for act, kind in cases.items():
            async with Upstream(front, (act,)) as upstream:
                found = saw(front, False, await ask(upstream.port, front, "m", stream=False, seconds=2))
                assert found.kind == kind, (act, found)
                assert upstream.seen[0].path == PATHS[front]

    asyncio.run(main())


def test_who_hangs_is_seen_to_hang_and_its_caller_to_leave() -> None:
    async def main() -> None:
        async with Upstream("openai-chat", (acts.stall,)) as upstream:
            heard = await ask(upstream.port, "openai-chat", "m", stream=True, seconds=0.2)
            assert saw("openai-chat", True, heard).kind == "hung"
            await asyncio.sleep(0.05)
            assert upstream.seen[0].left_at is not None

    asyncio.run(main())
