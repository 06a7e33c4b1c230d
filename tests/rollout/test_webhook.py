"""Decisions are posted, and a deaf receiver keeps nobody waiting."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ajar.rollout.webhook import Webhook
from rollout.bench import Bench, config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Receiver(http.server.ThreadingHTTPServer):
    statuses: list[int]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = []
        self.got: list[tuple[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?token=abc"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, json.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def posted(url: str) -> str | None:
    told: list[str | None] = []
    thread = Webhook(pause_s=0.01, limit_s=5).post(url, {"a": 1}, told.append)
    assert thread is not None
    thread.join()
    (why,) = told
    return why


def test_a_message_arrives(receiver: Receiver) -> None:
    assert posted(receiver.url) is None
    assert receiver.got == [("/hook?token=abc", {"a": 1})]


def test_trouble_that_passes_is_tried_again(receiver: Receiver) -> None:
    receiver.statuses = [503, 429]
    assert posted(receiver.url) is None
    assert len(receiver.got) == 3


def test_after_three_times_it_is_given_up(receiver: Receiver) -> None:
    receiver.statuses = [500, 500, 500, 500]
    assert posted(receiver.url) == "status 500"
    assert len(receiver.got) == 3


def test_a_refusal_is_final(receiver: Receiver) -> None:
    receiver.statuses = [403]
    assert posted(receiver.url) == "status 403"
    assert len(receiver.got) == 1


def test_nobody_there() -> None:
    why = posted("http://127.0.0.1:1/secret?token=abc")
    assert why is not None
    assert "secret" not in why
    assert "abc" not in why
    why = posted("not an address")
    assert why is not None
    assert "not an address" not in why


def test_a_rollout_tells_what_happens_to_it(tmp_path: Path, receiver: Receiver) -> None:
    made = Bench(tmp_path, config(swap={"webhook": receiver.url}))
    made.begin(skip_gate="x", skip_preflight="y")
    for _ in range(6):
        made.turn()
    made.order("abort")
    made.turn()
    for thread in threading.enumerate():
        if thread.name == "ajar-webhook":
            thread.join()
    kinds = [body["event"]["kind"] for _, body in receiver.got]
    assert sorted(kinds) == sorted(["ordered", "preflight", "gate", "shadow", "canary", "aborted"])
    (last,) = [body for _, body in receiver.got if body["event"]["kind"] == "aborted"]
    assert b"token=abc" not in (tmp_path / "rollouts" / last["rollout"] / "record.json").read_bytes()
    assert (last["state"], last["route"], last["decision"]["by"]) == ("aborted", "triage", "ann")


def test_a_deaf_receiver_is_noted_beside_the_record(tmp_path: Path) -> None:
    made = Bench(tmp_path, config(swap={"webhook": "http://127.0.0.1:1/x"}))
    made.conductor.close()
    made.conductor._webhook = Webhook(pause_s=0.01)
    rollout = made.begin(skip_gate="x", skip_preflight="y")
    made.turn()
    for thread in threading.enumerate():
        if thread.name == "ajar-webhook":
            thread.join()
    lines = (tmp_path / "rollouts" / rollout / "webhook.jsonl").read_text().splitlines()
    assert {json.loads(line)["event"] for line in lines} == {"ordered", "preflight"}
