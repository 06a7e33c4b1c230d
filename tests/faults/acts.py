"""What a faulty deployment does on the wire once it has read a request."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.speech import Speech
    from faults.upstream import Act, Peer

DATE_S = 3
"""How far ahead the HTTP date of a refusal lies; rounded down to a second, so at least one less."""
LINE = 200 * 1024 * 1024
"""The bytes of the long line."""


async def reset(peer: Peer, _: Speech) -> None:
    """Nothing but a reset."""
    peer.reset()


async def close(peer: Peer, _: Speech) -> None:
    """Nothing but the end of the connection."""
    peer.close()


async def hang(peer: Peer, _: Speech) -> None:
    """Nothing at all."""
    await peer.hang()


async def hang_behind_head(peer: Peer, speech: Speech) -> None:
    """The head of a good answer."""
    await peer.start(speech.kind)
    await peer.hang()


async def only_lifecycle(peer: Peer, speech: Speech) -> None:
    """The events that come before content."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.first])
    await peer.hang()


async def half(peer: Peer, speech: Speech) -> None:
    """Two of three words, or half the body."""
    if speech.stream:
        await peer.start(speech.kind)
        await peer.pieces(*speech.events[: speech.middle])
    else:
        await peer.start(speech.kind, length=len(speech.whole))
        await peer.piece(speech.whole[: len(speech.whole) // 2])


async def stall(peer: Peer, speech: Speech) -> None:
    """Half of it, then silence."""
    await half(peer, speech)
    await peer.hang()


async def cut(peer: Peer, speech: Speech) -> None:
    """Half of it, then the end of the connection."""
    await half(peer, speech)
    await asyncio.sleep(0.02)  # what was sent has been read: a reset may overtake it
    peer.close()


async def cut_by_reset(peer: Peer, speech: Speech) -> None:
    """The same, with a reset."""
    await half(peer, speech)
    await asyncio.sleep(0.02)
    peer.reset()


async def end_too_early(peer: Peer, speech: Speech) -> None:
    """Half of a stream, and then the proper end of its body."""
    await half(peer, speech)
    await peer.end()


async def cut_in_event(peer: Peer, speech: Speech) -> None:
    """Two words and half the event of the third."""
    event = speech.events[speech.middle]
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.middle], event[: len(event) // 2])
    peer.close()


async def cut_before_mark(peer: Peer, speech: Speech) -> None:
    """All but the end mark."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[:-1])
    peer.close()


def refuse(status: int, *headers: tuple[str, str]) -> Act:
    """A refusal with this status."""

    async def act(peer: Peer, speech: Speech) -> None:
        await peer.whole(speech.refusal(status), status=status, headers=headers)

    return act


async def refuse_with_date(peer: Peer, speech: Speech) -> None:
    """A 429 that says when, as an HTTP date."""
    at = datetime.now(UTC) + timedelta(seconds=DATE_S)
    date = at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    await peer.whole(speech.refusal(429), status=429, headers=[("retry-after", date)])


async def error_first(peer: Peer, speech: Speech) -> None:
    """Under a 200: an error, and nothing else."""
    if not speech.stream:
        await peer.whole(_error(speech))
        return
    await peer.start(speech.kind)
    await peer.piece(speech.error_event(0))
    await peer.end()


def _error(speech: Speech) -> bytes:
    """The error as a whole body."""
    error = speech.error
    return json.dumps(error if "error" in error else {"error": error}).encode()


async def error_behind_lifecycle(peer: Peer, speech: Speech) -> None:
    """An error where the first content should be."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.first], speech.error_event(speech.first))
    await peer.end()


async def error_behind_content(peer: Peer, speech: Speech) -> None:
    """Two words, then an error."""
    await peer.start(speech.kind)
    await peer.pieces(*speech.events[: speech.middle], speech.error_event(speech.middle))
    await peer.end()


async def truncated(peer: Peer, speech: Speech) -> None:
    """Broken JSON in sound HTTP."""
    if not speech.stream:
        await peer.whole(speech.whole[:-20])
        return
    await peer.start(speech.kind)
    event = speech.events[0].rstrip()
    await peer.piece(event[: event.rindex(b"{") + 5] + b"\n\n")
    await peer.end()


async def html(peer: Peer, _: Speech) -> None:
    """A page for people."""
    await peer.whole(b"<html><body>It works!</body></html>", "text/html")


async def empty(peer: Peer, speech: Speech) -> None:
    """A 200 without a body."""
    await peer.whole(b"", speech.kind)


async def not_http(peer: Peer, _: Speech) -> None:
    """Another protocol."""
    await peer.say(b"SSH-2.0-OpenSSH_9.6\r\n")
    peer.close()


def _body(speech: Speech) -> bytes:
    return b"".join(speech.events) if speech.stream else speech.whole


async def length_too_long(peer: Peer, speech: Speech) -> None:
    """A good body, of which the head promises more."""
    body = _body(speech)
    await peer.start(speech.kind, length=len(body) + 100)
    await peer.piece(body)
    peer.close()


async def length_too_short(peer: Peer, speech: Speech) -> None:
    """A good body, of which the head promises about half."""
    body = _body(speech)
    short = len(b"".join(speech.events[: speech.middle])) + 9 if speech.stream else len(body) // 2
    await peer.start(speech.kind, length=short)
    await peer.piece(body)
    peer.close()


async def endless(peer: Peer, speech: Speech) -> None:
    """A word, or a letter of a string, every hundredth of a second."""
    await peer.start(speech.kind)
    if speech.stream:
        await peer.pieces(*speech.events[: speech.first])
    else:
        await peer.piece(b'{"id":"')
    while not peer.gone.is_set():
        await peer.piece(speech.events[speech.first] if speech.stream else b"x")
        await asyncio.sleep(0.01)


async def byte_by_byte(peer: Peer, speech: Speech) -> None:
    """A good body, each byte in a write of its own."""
    body = _body(speech)
    await peer.start(speech.kind, length=len(body))
    await peer.pieces(*(body[at : at + 1] for at in range(len(body))))


async def split_letter(peer: Peer, speech: Speech) -> None:
    """A good body, cut inside each letter of two bytes."""
    await peer.start(speech.kind)
    parts = _body(speech).split(b"\xc3")
    await peer.piece(parts[0] + b"\xc3")
    for part in parts[1:-1]:
        await asyncio.sleep(0.01)
        await peer.piece(part + b"\xc3")
    await asyncio.sleep(0.01)
    await peer.piece(parts[-1])
    await peer.end()


async def invalid_letter(peer: Peer, speech: Speech) -> None:
    """A body whose letters of two bytes lack the second."""
    body = _body(speech).replace("Ö".encode(), b"\xc3")
    await peer.start(speech.kind)
    await peer.piece(body)
    await peer.end()


async def long_line(peer: Peer, speech: Speech) -> None:
    """A word that never ends."""
    await peer.start(speech.kind)
    if speech.stream:
        event = speech.events[speech.first]
        await peer.pieces(*speech.events[: speech.first])
    else:
        event = speech.whole
    await peer.piece(event[: event.index(b"\xc3")])
    block = b"x" * 65536
    while peer.sent < LINE and not peer.gone.is_set():
        await peer.piece(block)
    peer.close()
