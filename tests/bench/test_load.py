"""The load generator must notice every wrong answer: else a broken proxy would look cheap."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

import payload

if TYPE_CHECKING:
    from program import Program

CALLERS = [{"model": "bench", "headers": {"authorization": "Bearer x"}}]
EVENTS = 5


def whole(status: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (status, kind, len(body), body)


def stream(events: list[bytes]) -> bytes:
    return whole(b"200 OK", b"".join(events), b"text/event-stream")


RIGHT = [payload.event(index, EVENTS, with_usage=False) for index in range(EVENTS)]


def connect(load: Program, port: int, count: int = 1, **more: Any) -> None:
    job = {"do": "connect", "port": port, "path": "/v1/chat/completions", "callers": CALLERS, "count": count, **more}
    assert load.ask(job) == {"open": count}


def answered_by(answer: bytes, load: Program, job: str, **more: Any) -> dict[str, Any]:
    """What the load generator says of a server that gives one caller this answer, byte for byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                for at in range(0, len(answer), 100):
                    connection.sendall(answer[at : at + 100])

        thread = threading.Thread(target=serve)
        thread.start()
        connect(load, server.getsockname()[1], **more)
        result = load.ask({"do": job, "count": 1})
        thread.join()
    return result


def test_it_counts_plain_answers(load: Program, upstream: int) -> None:
    connect(load, upstream, 4)
    result = load.ask({"do": "requests", "count": 50})
    assert (result["answered"], result["wrong"]) == (50, [])
    assert load.ask({"do": "close"}) == {}


def test_it_counts_events_bytes_and_reads(load: Program, upstream: int) -> None:
    connect(load, upstream, 3, events=10, pace_ms=2)
    result = load.ask({"do": "streams"})
    assert (result["events"], result["wrong"]) == (30, [])
    assert result["bytes"] == 3 * (10 * payload.EVENT + len(payload.DONE))
    assert result["reads"] > 10


def test_it_keeps_its_rate(load: Program, upstream: int) -> None:
    connect(load, upstream, 4)
    result = load.ask({"do": "rate", "rate": 100, "seconds": 0.3})
    assert len(result["microseconds"]) == 30
    assert min(result["microseconds"]) > 0


def test_it_holds_streams_open(load: Program, upstream: int) -> None:
    connect(load, upstream, 30, events=1000, pace_ms=50)
    assert load.ask({"do": "hold", "ramp_s": 0.01, "patience_s": 10}) == {"open": 30, "wrong": []}
    assert load.ask({"do": "close"}) == {}


def test_it_says_how_many_of_the_held_streams_have_begun(load: Program, upstream: int) -> None:
    connect(load, upstream, 5, events=10, pace_ms=5000)
    assert load.ask({"do": "hold", "ramp_s": 0, "patience_s": 0.1}) == {"open": 0, "wrong": []}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(b"200 OK", payload.answer_body()), None),
        (whole(b"200 OK", b'{"id": "written anew", "text": "' + payload.answer_text() + b'"}'), None),
        (whole(b"200 OK", payload.answer_body().replace(b"parcel", b"parsec")), "not the upstream's text"),
        (whole(b"503 Service Unavailable", b'{"error": {}}'), "status 503"),
        (whole(b"200 OK", payload.answer_body())[:-1], "closed before the answer was complete"),
        (b"what?\r\n\r\n", "not HTTP"),
    ],
)
def test_it_notices_a_wrong_answer(load: Program, answer: bytes, why: str | None) -> None:
    wrong = answered_by(answer, load, "requests")["wrong"]
    assert (why in wrong[0]) if why else wrong == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (stream([*RIGHT, payload.DONE]), None),
        (stream([*RIGHT[1:], payload.usage_event(), payload.DONE]), None),
        (stream([*RIGHT[3:], payload.DONE]), "2 events instead of 5"),
        (stream(RIGHT), "does not end with [DONE]"),
        (whole(b"429 Too Many Requests", b"{}"), "status 429"),
        (stream([*RIGHT, payload.DONE])[:-1], "closed before the answer was complete"),
    ],
)
def test_it_notices_a_wrong_stream(load: Program, answer: bytes, why: str | None) -> None:
    wrong = answered_by(answer, load, "streams", events=EVENTS)["wrong"]
    assert (why in wrong[0]) if why else wrong == []
