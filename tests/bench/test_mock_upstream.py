from __future__ import annotations

import http.client
import json
import socket
import time

import payload
from caller import http_request

PATH = "/v1/chat/completions"


def post(port: int, body: bytes) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", PATH, body, {"content-type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200
    data = answer.read()
    connection.close()
    return data


def test_a_plain_request_is_answered_with_one_kilobyte(upstream: int) -> None:
    assert post(upstream, payload.request_body("bench")) == payload.answer_body()


def test_a_stream_keeps_its_pace_and_ends(upstream: int) -> None:
    began = time.monotonic()
    data = post(upstream, payload.request_body("bench", stream=True, pace_ms=10, events=20))
    assert time.monotonic() - began >= 0.2
    assert data == b"".join(payload.event(index, 20, with_usage=False) for index in range(20)) + payload.DONE


def test_usage_comes_only_where_it_is_asked_for(upstream: int) -> None:
    body = json.loads(payload.request_body("bench", stream=True, pace_ms=1, events=3))
    body["stream_options"] = {"include_usage": True}
    events = [payload.event(index, 3, with_usage=True) for index in range(3)]
    assert post(upstream, json.dumps(body).encode()) == b"".join([*events, payload.usage_event(), payload.DONE])


def test_a_request_may_come_in_pieces_or_in_chunks(upstream: int) -> None:
    body = payload.request_body("bench")
    whole = http_request(upstream, PATH, {}, body)
    chunked = whole.partition(b"content-length")[0] + b"transfer-encoding: chunked\r\n\r\n"
    chunked += b"400\r\n" + body + b"\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", upstream), timeout=10) as sock:
        for request in (whole, chunked):
            for at in range(0, len(request), 300):
                sock.sendall(request[at : at + 300])
                time.sleep(0.01)
            answer = b""
            while not answer.endswith(payload.answer_body()):
                answer += sock.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
