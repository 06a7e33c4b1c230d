"""The embedded runtime with the shipped model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.child import MESSAGE, TRIAGE_KEYS, Child, environment, triage_schema

if TYPE_CHECKING:
    from collections.abc import Callable


def _stream(child: Child, **fields: Any) -> list[bytes]:
    body = {"model": "tiny", "messages": [{"role": "user", "content": MESSAGE}], "temperature": 0, "stream": True}
    status, headers, answer = child.request("POST", "/v1/chat/completions", {**body, **fields})
    assert status == 200
    assert headers["content-type"].startswith("text/event-stream")
    return [event.removeprefix(b"data: ") for event in answer.split(b"\n\n") if event]


def _text(events: list[bytes]) -> str:
    deltas = [choice["delta"] for event in events[:-1] for choice in json.loads(event)["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def test_it_says_where_it_listens_and_ends_with_its_stdin(weights: Path) -> None:
    child = Child(weights)
    ready = child.said()
    assert ready == {"kind": "ready", "base_url": ready["base_url"], "pid": child.process.pid}
    assert ready["base_url"].startswith("http://127.0.0.1:")
    assert ready["base_url"].endswith("/v1")
    began = time.monotonic()
    assert child.end() == 0
    assert time.monotonic() - began < 1


def test_it_does_not_end_before_its_parent_wants_it_to(weights: Path) -> None:
    child = Child(weights)
    child.said()
    child.process.terminate()
    time.sleep(0.2)
    assert child.process.poll() is None
    assert child.chat(max_tokens=1)["choices"]
    assert child.end() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the end of stdin has to do")
def test_it_dies_with_its_parent_even_where_its_stdin_stays_open(weights: Path) -> None:
    start = {"kind": "start", "model": str(weights), "alias": "a", "context": 64, "slots": 1, "threads": 1}
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys; subprocess.run(sys.argv[1:])",
            sys.executable,
            "-m",
            "ajar.runtimes.llama_cpp",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(json.dumps(start).encode() + b"\n")
    parent.stdin.flush()
    pid = json.loads(parent.stdout.readline())["pid"]
    parent.kill()
    parent.wait()
    # The end of its stdout is the end of the process: nobody else holds that.
    assert parent.stdout.read() == b""
    parent.stdin.close()
    parent.stdout.close()
    deadline = time.monotonic() + 2
    while _alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_shipped_model_answers_in_the_trained_key_order(child: Child) -> None:
    answer = child.chat(max_tokens=120)
    assert answer["model"] == "tiny"
    assert answer["choices"][0]["finish_reason"] == "stop"
    triage = json.loads(answer["choices"][0]["message"]["content"])
    assert tuple(triage) == TRIAGE_KEYS
    assert triage["order_id"] == "#48213"


def test_a_schema_keeps_its_key_order_and_changes_nothing_in_the_trained_one(child: Child) -> None:
    free = json.loads(child.chat(max_tokens=120)["choices"][0]["message"]["content"])
    bound = child.chat(max_tokens=120, response_format=triage_schema())["choices"][0]["message"]["content"]
    assert tuple(json.loads(bound)) == TRIAGE_KEYS
    assert json.loads(bound) == free


def test_a_schema_in_another_order_is_obeyed_too(child: Child) -> None:
    keys = ("urgency", "intent")
    answer = child.chat(max_tokens=120, response_format=triage_schema(keys))
    assert answer["choices"][0]["message"]["content"].find('"urgency"') < (
        answer["choices"][0]["message"]["content"].find('"intent"')
    )


def test_a_bad_schema_is_the_callers_mistake(child: Child) -> None:
    wrong = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "no such type"}}}
    body = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}], "response_format": wrong}
    status, _, answer = child.request("POST", "/v1/chat/completions", body)
    assert status == 400
    assert "error" in json.loads(answer)
    assert child.request("GET", "/health")[0] == 200


def test_a_stream_says_the_same_as_a_whole_answer(child: Child) -> None:
    events = _stream(child, max_tokens=120)
    assert events[-1] == b"[DONE]"
    assert len(events) > 5
    assert _text(events) == child.chat(max_tokens=120)["choices"][0]["message"]["content"]


def test_a_schema_binds_a_stream_too(child: Child) -> None:
    events = _stream(child, max_tokens=120, response_format=triage_schema(), stream_options={"include_usage": True})
    assert tuple(json.loads(_text(events))) == TRIAGE_KEYS
    assert json.loads(events[-2])["usage"]["completion_tokens"] > 5


def test_a_caller_that_leaves_in_the_middle_frees_its_slot(child: Child) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": MESSAGE}], "stream": True, "ignore_eos": True}
    for _ in range(8):
        connection = child.connect()
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        connection.getresponse().read(20)
        connection.close()
    began = time.monotonic()
    child.chat(max_tokens=5)
    assert time.monotonic() - began < 2


def test_embeddings_come_from_the_same_server(child: Child) -> None:
    body = {"model": "tiny", "input": [MESSAGE, "Where is my parcel?"]}
    status, _, answer = child.request("POST", "/v1/embeddings", body)
    assert status == 200
    first, second = (row["embedding"] for row in json.loads(answer)["data"])
    assert len(first) == len(second) > 100
    assert first != second


def test_too_long_a_prompt_is_the_callers_mistake(child: Child) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": "where is it? " * 600}]}
    status, _, answer = child.request("POST", "/v1/chat/completions", body)
    assert status == 400
    assert json.loads(answer)["error"]["n_ctx"] == 512


def test_doors_are_closed(child: Child) -> None:
    _, headers, _ = child.request("GET", "/health", headers={"origin": "http://evil.example"})
    assert headers.get("access-control-allow-origin") == "http://127.0.0.1"
    assert child.request("GET", "/")[0] == 404
    assert child.request("GET", "/slots")[0] in (404, 501)
    assert child.request("GET", "/v1/models")[0] == 200


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _not_numbers(data: bytes) -> bytes:
    """Weights overwritten in the middle: NaN scales would answer nonsense."""
    middle = len(data) // 2
    return data[:middle] + b"\xff" * 4096 + data[middle + 4096 :]


def _another_header(data: bytes) -> bytes:
    return data[:24] + b"\xff" * 64 + data[88:]


@pytest.mark.parametrize("damage", [_truncated, _not_numbers, _another_header, lambda data: b"", lambda data: b"GGUF"])
def test_a_damaged_file_is_refused(weights: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damage(weights.read_bytes()))
    child = Child(path)
    message = child.said()
    assert child.process.wait(5) != 0
    child.end()
    assert message == {} or message["kind"] == "refused"
    assert str(path) in message.get("why", str(path))


def test_a_hanging_one_can_still_be_ended(weights: Path) -> None:
    child = Child(weights)
    child.said()
    os.kill(child.process.pid, signal.SIGSTOP)
    os.kill(child.process.pid, signal.SIGKILL)
    assert child.process.wait(2) == -signal.SIGKILL
    child.end()
