"""Feedback through the whole service: the official client, workers that are killed, and the command line."""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest

from doubles.upstream import Upstream
from e2e.conftest import Running, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONFIG = """
[deployments.a]
provider = "openai-compatible"
base_url = "{url}"
model = "m"
[routes.r]
primary = "a"
[routes.r.metrics.solved]
kind = "boolean"
role = "primary"
"""


@pytest.fixture
def service(serve: Callable[..., Running]) -> Iterator[Running]:
    upstream = Upstream()
    yield serve(CONFIG.format(url=upstream.url), "--workers", "2")
    upstream.stop()


def exported(service: Running, *options: str) -> list[dict[str, Any]]:
    out = service.ajar("traffic", "feedback", "--format", "jsonl", *options)
    return [json.loads(line) for line in out.splitlines()]


def test_the_official_client_and_the_command_line(service: Running) -> None:
    with openai.OpenAI(base_url=service.url, api_key="none", max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(model="r", messages=[{"role": "user", "content": "hi"}])
        inference = raw.headers["x-ajar-inference"]
        # Each request may meet the other worker: the id alone says whose it is.
        for number in range(8):
            body = {"inference": inference, "metric": "solved", "value": number % 2 == 0, "id": "mine"}
            assert client.post("/feedback", body=body, cast_to=object) == {"feedback": "mine"}
        with pytest.raises(openai.NotFoundError) as missing:
            client.post("/feedback", body={**body, "inference": inference[:-1] + "x"}, cast_to=object)
        assert missing.value.code == "inference_not_found"
        with pytest.raises(openai.BadRequestError) as mistyped:
            client.post("/feedback", body={**body, "value": 1}, cast_to=object)
        assert mistyped.value.param == "value"
    (row,) = exported(service)
    assert (row["id"], row["inference"], row["value"], row["caller"]) == ("mine", inference, False, "local")
    assert exported(service, "--metric", "comment") == []
    assert "solved" in service.ajar("traffic", "feedback")


def test_kill_9_loses_nothing_that_was_acknowledged(service: Running) -> None:
    acknowledged: list[str] = []
    over = threading.Event()
    threads = [threading.Thread(target=_say_until, args=(service, over, acknowledged, n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.3)
        os.kill(eventually(lambda: service.children("ajar.gateway.worker"))[0], signal.SIGKILL)
    time.sleep(0.3)
    over.set()
    for thread in threads:
        thread.join(20)
    assert len(acknowledged) > 100
    assert set(acknowledged) <= {row["id"] for row in exported(service)}


def _say_until(service: Running, over: threading.Event, acknowledged: list[str], number: int) -> None:
    turn = 0
    while not over.is_set():
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
        try:
            while not over.is_set():
                turn += 1
                fields = {"route": "r", "unit": "u", "metric": "solved", "value": True, "id": f"{number}-{turn}"}
                connection.request("POST", "/v1/feedback", json.dumps(fields))
                answer = connection.getresponse()
                if answer.status == 202:
                    acknowledged.append(json.loads(answer.read())["feedback"])
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
        finally:
            connection.close()
