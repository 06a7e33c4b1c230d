"""Answers on their way from the workers to the steward, who checks them: in memory only, and never waited for."""

from __future__ import annotations

import asyncio
import errno
import select
import socket
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from ajar.domain.dialog.parts import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

_MOST_PENDING = 8 * 1024 * 1024
"""What waits in a worker for a steward who is busy, or is being started anew."""
_LONGEST = 4 * 1024 * 1024
_OVERHEAD = 32
"""What Linux takes of a socket's send buffer for itself (unix_dgram_sendmsg)."""
_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)
_LOOK_S = 0.25


class Said(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a caller asked, and what was answered, both as they are in the caller's `format`.

    `request` is empty where the two together are too long to be sent. `stream` says that `answer` is an event stream.
    `took_ms` is the time that the deployment which answered took. `copy_of` is set on the answer to a copy: the live
    inference's id.
    """

    inference: str
    route: str
    caller: str
    format: Format
    request: bytes
    answer: bytes
    stream: bool
    deployment: str | None = None
    took_ms: float = 0
    copy_of: str | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Said).decode


class AnswerSender:
    """The workers' end: a SOCK_SEQPACKET socket, one message for each answer. For the loop that runs.

    `send` never waits. What the socket does not take at once is kept, up to 8 MB, and goes out when it can; beyond
    that it is dropped. `most` is the longest message: what the socket's send buffer allows, and never more than 4 MB.
    A longer one goes without its request, or is dropped if that does not help. `dropped` is told why: `full`,
    `too_large`, or `gone` where nobody has the other end.
    """

    def __init__(self, fd: int, dropped: Callable[[str], object]) -> None:
        """Takes over the descriptor."""
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        self.most = min(_LONGEST, self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) - _OVERHEAD)
        self._loop = asyncio.get_running_loop()
        self._dropped = dropped
        self._pending: deque[bytes] = deque()
        self._size = 0

    @property
    def pending(self) -> int:
        """How many bytes wait."""
        return self._size

    def send(self, said: Said) -> None:
        """Send it, or keep it for later, or drop it."""
        if len(said.answer) > self.most:
            self._dropped("too_large")
            return
        # What is far too long is not even encoded: requests of many megabytes are nothing unusual.
        data = b"" if len(said.request) + len(said.answer) > self.most else _encode(said)
        if not data or len(data) > self.most:
            data = _encode(msgspec.structs.replace(said, request=b""))
        if len(data) > self.most:
            self._dropped("too_large")
        elif not self._pending and self._write(data):
            return
        elif self._size + len(data) > _MOST_PENDING:
            self._dropped("full")
        else:
            if not self._pending:
                self._loop.add_writer(self._socket.fileno(), self._drain)
            self._pending.append(data)
            self._size += len(data)

    def close(self) -> None:
        """What still waits is dropped."""
        for _ in self._pending:
            self._dropped("gone")
        if self._pending:
            self._loop.remove_writer(self._socket.fileno())
        self._pending.clear()
        self._size = 0
        self._socket.close()

    def _write(self, data: bytes) -> bool:
        """Whether there is nothing more to do about this message."""
        try:
            self._socket.send(data)
        except BlockingIOError:
            return False
        except OSError as error:
            self._dropped("too_large" if error.errno in _TOO_LARGE else "gone")
        return True

    def _drain(self) -> None:
        while self._pending and self._write(self._pending[0]):
            self._size -= len(self._pending.popleft())
        if not self._pending:
            self._loop.remove_writer(self._socket.fileno())


class AnswerReceiver:
    """The steward's end. For one thread."""

    def __init__(self, fd: int) -> None:
        """Takes over the descriptor."""
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        self._buffer = memoryview(bytearray(_LONGEST + 1))

    def said(self, stop: Event) -> Iterator[Said | None]:
        """Each message as it comes, and None a few times a second, until `stop` is set or no sender is left.

        What is no message is passed over.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while not stop.is_set():
            if not poll.poll(_LOOK_S * 1000):
                yield None
                continue
            try:
                size = self._socket.recv_into(self._buffer)
            except BlockingIOError:
                continue
            except OSError:
                return
            if not size:
                return
            try:
                said = _decode(self._buffer[:size])
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            yield said

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
