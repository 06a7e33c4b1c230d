"""Looking host names up, so that a name server that does not answer delays nobody but those who wait for it.

An event loop's own threads are few, and its connections go through them too: four look-ups that hang stop uvloop from
connecting to anything.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from threading import Thread

Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, Address]
Outcome = list[AddressInfo] | OSError | UnicodeError

_MOST = 64


class Names:
    """For one event loop. A look-up that several wait for at once is made once."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, int], asyncio.Future[Outcome]] = {}

    async def resolve(self, host: str, port: int) -> list[AddressInfo]:
        """The addresses of a host, in the system's order. Raises OSError (mostly its kind `gaierror`) and UnicodeError.

        The system gives up a look-up when it wants to; whoever has less time stops waiting.
        """
        try:  # an address needs no thread
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
        found = self._running.get((host, port))
        if found is None:
            if len(self._running) >= _MOST:
                raise OSError("too many host names wait for a name server that does not answer")
            found = self._running[host, port] = self._start(host, port)
        outcome = await asyncio.shield(found)
        if isinstance(outcome, Exception):
            raise type(outcome)(
                *outcome.args
            )  # one that is kept must not be raised: its traceback would hold this frame
        return outcome

    def _start(self, host: str, port: int) -> asyncio.Future[Outcome]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            del self._running[host, port]
            found.set_result(outcome)

        def look_up() -> None:
            outcome: Outcome
            try:
                outcome = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                outcome = error.with_traceback(None)
            with suppress(RuntimeError):  # the loop may be closed by now
                loop.call_soon_threadsafe(settle, outcome)

        # A daemon: the process must not wait at its end for what hangs.
        Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        return found
