"""Making a connection: name, TCP, proxy, TLS. All failures are turned into one sentence."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from typing import TYPE_CHECKING

from ajar.errors import ConnectFailed, ConnectTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.upstream.connection import Connection
    from ajar.upstream.names import Address, Names
    from ajar.upstream.origin import Origin
    from ajar.upstream.proxy import Proxy

_NEXT_ADDRESS_S = 0.5
_MAX_CONNECT_HEAD = 65_536


class _Refusal(Exception):
    """Why there is no connection, in a few words."""


async def dial(
    origin: Origin,
    proxy: Proxy | None,
    tls: ssl.SSLContext | None,
    make: Callable[[], Connection],
    connect_s: float,
    names: Names,
) -> Connection:
    """A connection that is ready for a request, within `connect_s` seconds. `tls` is None for plain http.

    Raises ConnectFailed and ConnectTimeout. Whatever was opened is closed again on a failure, and when cancelled.
    """
    where = origin.label if proxy is None else f"{origin.label} by the proxy {proxy.label}"
    try:
        async with asyncio.timeout(connect_s):
            return await _open(origin, proxy, tls, make, names)
    except TimeoutError:
        raise ConnectTimeout(f"No connection to {where} within {connect_s:g} s.") from None
    except (OSError, UnicodeError, _Refusal) as error:
        raise ConnectFailed(f"No connection to {where}: {_reason(error)}.") from None


async def _open(
    origin: Origin, proxy: Proxy | None, tls: ssl.SSLContext | None, make: Callable[[], Connection], names: Names
) -> Connection:
    loop = asyncio.get_running_loop()
    target = origin if proxy is None else proxy
    sock = await _tcp(loop, names, target.host, target.port)
    try:
        if tls is None:
            return (await loop.create_connection(make, sock=sock))[1]
        if proxy is not None:
            await _tunnel(loop, sock, proxy.connect_head(origin))
        made = await loop.create_connection(make, sock=sock, ssl=tls, server_hostname=origin.host)
        return made[1]
    except BaseException:
        sock.close()
        raise


async def _tcp(loop: asyncio.AbstractEventLoop, names: Names, host: str, port: int) -> socket.socket:
    """Try the addresses of a host in order. One that stays silent gives way to the next; the last has all the time."""
    addresses = await names.resolve(host, port)
    for family, kind, protocol, _, address in addresses[:-1]:
        try:
            async with asyncio.timeout(_NEXT_ADDRESS_S):
                return await _connect(loop, socket.socket(family, kind, protocol), address)
        except OSError:  # a TimeoutError is one too
            continue
    family, kind, protocol, _, address = addresses[-1]
    return await _connect(loop, socket.socket(family, kind, protocol), address)


async def _connect(loop: asyncio.AbstractEventLoop, sock: socket.socket, address: Address) -> socket.socket:
    try:
        sock.setblocking(False)  # both event loops set TCP_NODELAY themselves
        await loop.sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _tunnel(loop: asyncio.AbstractEventLoop, sock: socket.socket, head: bytes) -> None:
    """Ask the proxy for a tunnel. After its answer nothing may have come: TLS clients speak first."""
    await loop.sock_sendall(sock, head)
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = await loop.sock_recv(sock, 4096)
        answer += data
        if not data or len(answer) > _MAX_CONNECT_HEAD:
            raise _Refusal("the proxy did not answer CONNECT as HTTP does")
    status = answer[9:12]
    if not answer.startswith(b"HTTP/1.") or not status.isdigit():
        raise _Refusal("the proxy did not answer CONNECT as HTTP does")
    if status == b"407":
        raise _Refusal("the proxy wants a user name and password, or others (407)")
    if not status.startswith(b"2"):
        raise _Refusal(f"the proxy answered CONNECT with {status.decode()}")
    if not answer.endswith(b"\r\n\r\n") or answer.count(b"\r\n\r\n") > 1:
        raise _Refusal("the proxy sent bytes of its own into the tunnel")


def _reason(error: Exception) -> str:
    match error:
        case socket.gaierror():
            return "the host name cannot be resolved"
        case ssl.SSLCertVerificationError():
            return f"its TLS certificate is not accepted: {error.verify_message.rstrip('.')}"
        case ssl.SSLError():
            return f"TLS failed: {(error.reason or 'no reason given').lower().replace('_', ' ')}"
        case UnicodeError():
            return "the host name is not valid"
        case OSError(errno=int(number)):
            return os.strerror(number).lower()
        case ConnectionError():  # the event loops' own, without a number
            return "the peer closed the connection during the TLS handshake"
        case _:
            return str(error)
