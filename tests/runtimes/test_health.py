from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from ajar.runtimes.health import Health

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def _server(answer: bytes | None) -> Iterator[str]:
    """Answers one connection with these bytes; with None it accepts and stays silent."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            if answer is None:
                done.wait(5)
            else:
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    done.set()
    thread.join()
    listening.close()


def _good(url: str) -> bool:
    async def ask() -> bool:
        health = Health(url, 0.2)
        good = await health.good()
        await health.close()
        return good

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", False),
        (b"SSH-2.0-OpenSSH_9.2\r\n", False),
        (b"", False),
    ],
)
def test_only_200_is_good(answer: bytes, good: bool) -> None:
    with _server(answer) as url:
        assert _good(url) is good


def test_silence_is_not_good_and_takes_no_longer_than_the_limit() -> None:
    with _server(None) as url:
        began = time.monotonic()
        assert not _good(url)
        assert time.monotonic() - began < 2


def test_nobody_there_is_not_good() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    assert not _good(f"http://127.0.0.1:{port}/v1")
