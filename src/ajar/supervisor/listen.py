"""The listening sockets.

With several workers on Linux each worker has a socket of its own on the same port (SO_REUSEPORT), and the kernel
spreads new connections over them. One shared socket was the other choice: there one worker wakes first and accepts a
whole burst, so that the rest stand idle while keep-alive holds the burst in place.

The supervisor keeps every socket open for its whole life and hands the same one to a worker's replacement. The queue
of a dead worker so survives it: connections that the kernel put there wait, a fraction of a second, until the
replacement accepts them. A worker's back-off is kept short for this reason.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from typing import Any

from ajar.errors import ConfigError

_BACKLOG = 4096  # the kernel lowers it to net.core.somaxconn
_UNAVAILABLE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses that `host` stands for. Raises ConfigError where it stands for none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigError(
            [f'server.host "{host}" is not an address of this machine ({error.strerror}): change it, or use --host']
        ) from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def is_loopback(host: str) -> bool:
    """True where nobody but this machine can reach `host`."""
    return all(ipaddress.ip_address(address.split("%")[0]).is_loopback for _, address in addresses(host))


def reachable(host: str) -> str:
    """How this machine reaches what listens on `host`, as a URL spells it."""
    if host in ("0.0.0.0", ""):  # noqa: S104 (compared, not bound)
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


class Listener:
    """Sockets that listen on `host` and `port`, and which of them belong to each worker."""

    def __init__(self, host: str, port: int, workers: int) -> None:
        """Raises ConfigError where the address is taken, or not this machine's. Port 0 takes a free one."""
        self.port = port
        self._by_worker: list[list[socket.socket]] = [[] for _ in range(workers)]
        refused: OSError | None = None
        for family, address in addresses(host):
            try:
                self._open(family, address)
            except OSError as error:
                # "localhost" stands for ::1 too, also on a machine without IPv6.
                if error.errno not in _UNAVAILABLE:
                    self.close()
                    raise ConfigError([_why_not(host, self.port, error)]) from error
                refused = error
        if not self._by_worker[0]:
            assert refused is not None
            raise ConfigError([_why_not(host, port, refused)]) from refused

    def fds(self, worker: int) -> tuple[int, ...]:
        """The file descriptors that a worker serves."""
        return tuple(sock.fileno() for sock in self._by_worker[worker])

    def close(self) -> None:
        """Stop listening, once the workers have closed theirs too."""
        for sock in {sock for socks in self._by_worker for sock in socks}:
            sock.close()

    def _open(self, family: socket.AddressFamily, address: str) -> None:
        first = _bound(family, address, self.port, shared=False)
        self.port = first.getsockname()[1]
        for worker, socks in enumerate(self._by_worker):
            if worker == 0 or sys.platform != "linux":
                socks.append(first)
                continue
            # Only after the exclusive bind above, so that a program that already listens there is noticed.
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            socks.append(_bound(family, address, self.port, shared=True))
        for socks in self._by_worker:
            socks[-1].listen(_BACKLOG)


def _bound(family: socket.AddressFamily, address: str, port: int, *, shared: bool) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        where: Any = (address, port)
        sock.bind(where)
    except OSError:
        sock.close()
        raise
    return sock


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"{host}:{port} is in use by another program: stop that one, or choose another port with --port "
            "or server.port"
        )
    if error.errno == errno.EACCES:
        return f"this user may not listen on port {port}: choose one above 1023 with --port or server.port"
    return f'cannot listen on "{host}" ({error.strerror}): change it with --host or server.host'
