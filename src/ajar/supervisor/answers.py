"""The way of answers from the workers to the steward, who checks them: a pair of sockets for the supervisor's life."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Final

_SEND_BYTES: Final = 8 * 1024 * 1024
_SO_SNDBUFFORCE: Final = 32


class Answers:
    """The supervisor holds both ends, so that neither side notices when the other is started anew.

    A message goes over whole or not at all. Whatever was not read when the steward ended is the next one's.
    """

    def __init__(self) -> None:
        # Elsewhere local sockets know no SEQPACKET, and datagrams keep a message whole too.
        kind = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
        self.receiving, self.sending = socket.socketpair(socket.AF_UNIX, kind)
        self.sending.setblocking(False)
        self.sending.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        if sys.platform == "linux":
            with suppress(PermissionError):  # beyond net.core.wmem_max only for those who administer the network
                self.sending.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, _SEND_BYTES)

    def close(self) -> None:
        """Close both ends, once the children have ended."""
        self.receiving.close()
        self.sending.close()
