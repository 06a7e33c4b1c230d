"""Is the caller still there? For connections that are not read, where the transport cannot tell."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

# Linux's tcp_info begins with the state of the connection; other systems tell it in other ways.
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
_TCP_CLOSE = 7
_TCP_CLOSE_WAIT = 8


def has_left(transport: asyncio.Transport) -> bool:
    """True where the caller has closed or reset the connection; False also where the system does not say."""
    if _TCP_INFO is None:
        return False
    sock = transport.get_extra_info("socket")
    try:
        state = sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 1)[0]
    except OSError:  # not TCP
        return False
    return state in (_TCP_CLOSE, _TCP_CLOSE_WAIT)
