from __future__ import annotations

import errno
import socket
from contextlib import closing

import pytest

from ajar.errors import ConfigError
from ajar.supervisor.listen import Listener, is_loopback


def _connect(port: int, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, port), timeout=2)


def _accepted(fd: int) -> int:
    """How many connections wait in the queue."""
    count = 0
    with socket.socket(fileno=socket.dup(fd)) as listening:
        while True:
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return count
            count += 1


def test_port_0_takes_a_free_one() -> None:
    with closing(Listener("127.0.0.1", 0, 1)) as listener:
        assert listener.port > 0
        _connect(listener.port).close()


def test_each_worker_has_a_socket_of_its_own_on_the_same_port() -> None:
    with closing(Listener("127.0.0.1", 0, 3)) as listener:
        sockets = [listener.fds(worker) for worker in range(3)]
        assert len({fd for fds in sockets for fd in fds}) == 3
        callers = [_connect(listener.port) for _ in range(60)]
        queued = [_accepted(fds[0]) for fds in sockets]
        for caller in callers:
            caller.close()
    assert sum(queued) == 60
    assert min(queued) > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_taken_port_is_named_with_what_to_change(workers: int) -> None:
    with closing(Listener("127.0.0.1", 0, 2)) as first:
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{first.port} is in use .*--port"):
            Listener("127.0.0.1", first.port, workers)
        _connect(first.port).close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ConfigError, match="--host"):
        Listener("192.0.2.7", 0, 1)


def test_an_unknown_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(errno.ENOENT, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    with pytest.raises(ConfigError, match=r'"no\.such\.host" is not an address'):
        Listener("no.such.host", 0, 1)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6() -> None:
    try:
        listener = Listener("::1", 0, 2)
    except ConfigError:
        pytest.skip("no IPv6 on this machine's loopback")
    with closing(listener):
        _connect(listener.port, "::1").close()


def test_localhost_is_loopback_by_every_address() -> None:
    with closing(Listener("localhost", 0, 1)) as listener:
        _connect(listener.port).close()
    assert is_loopback("localhost")
    assert is_loopback("127.0.0.9")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::")
    assert not is_loopback("192.0.2.7")


def test_closing_frees_the_port() -> None:
    listener = Listener("127.0.0.1", 0, 2)
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        _connect(listener.port)
