"""What the steward is told, and that nothing waits for it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.load import load
from ajar.config.revision import Revision, table_digest
from ajar.store.keys import KeyFile
from ajar.store.revisions import Revisions
from ajar.supervisor.answers import Answers
from supervisor.served import Serve, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

STEWARD, RUNTIME = "stand_in_steward", "stand_in_runtime"


@pytest.fixture
def attended(serve: Serve) -> Iterator[Serve]:
    """A supervisor with a steward, not started."""
    serve.command.append("stand_in_steward.py")
    yield serve
    (serve.state / "deaf").unlink(missing_ok=True)


def told(serve: Serve, pid: int = 0) -> list[dict[str, Any]]:
    """What the present steward was told so far."""
    pids = [pid] if pid else serve.children(STEWARD)
    try:
        lines = (serve.state / f"told-{pids[0]}").read_text().splitlines(keepends=True)
    except (IndexError, FileNotFoundError):
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def crashes(serve: Serve) -> list[str]:
    return [line["deployment"] for line in told(serve) if line["kind"] == "crashed"]


def test_the_start_says_where_all_is(attended: Serve) -> None:
    attended.ready()
    start = eventually(lambda: told(attended))[0]
    assert start["kind"] == "start"
    assert start["state_dir"] == str(attended.state)
    assert start["folder"] == str(attended.folder)
    assert start["base_url"] == f"http://127.0.0.1:{attended.port}"
    assert start["key"] is None, "callers need none"
    assert start["snapshot"] == attended.get()["snapshot"]


def test_what_comes_into_force_is_told(attended: Serve) -> None:
    attended.ready()
    base = table_digest(load(attended.config).config.routes["r-a"])
    one = Revision(route="r-a", number=1, base=base, time=1, by="me", why="so", primary="a")
    Revisions(attended.state).write(one)
    last = eventually(lambda: len(found := told(attended)) > 1 and found)[-1]
    assert last["kind"] == "snapshot"
    assert last["snapshot"]["revisions"]["r-a"]["number"] == 1


def test_it_has_a_key_of_its_own_wherever_callers_need_one(attended: Serve) -> None:
    key, _ = KeyFile(attended.state).create("one", direct=False)
    attended.ready()
    start = eventually(lambda: told(attended))[0]
    prefix, _, secret = start["key"].rpartition("_")
    entry = {"id": "steward", "digest": hashlib.sha256(secret.encode()).hexdigest(), "name": "steward", "direct": True}
    known = attended.get()["snapshot"]["keys"]
    assert prefix == "ajar_steward"
    assert [one["id"] for one in known] == [key.id, "steward"]
    assert known[1] == entry
    files = [path for path in attended.state.rglob("*") if path.is_file() and not path.name.startswith("told")]
    on_disk = b"".join(path.read_bytes() for path in files)
    assert secret.encode() not in on_disk
    attended.process.kill()
    attended.wait(5)
    attended.ready()
    assert eventually(lambda: told(attended))[0]["key"] != start["key"], "made afresh at each start"


def test_with_the_first_key_it_is_told_its_own(attended: Serve) -> None:
    attended.ready()
    eventually(lambda: told(attended))
    KeyFile(attended.state).create("one", direct=False)
    last = eventually(lambda: len(found := told(attended)) > 1 and found)[-1]
    assert last["key"].startswith("ajar_steward_")


def test_a_crash_is_told_and_a_stop_is_not(attended: Serve) -> None:
    attended.write({"a": "a.gguf", "b": attended.model("b.gguf")}, server="drain_s = 0.1")
    attended.ready()
    eventually(lambda: told(attended))
    began = time.time_ns() // 1000
    pid = attended.children(RUNTIME)[0]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(crashes(attended)) == 1)
    at = next(line["time"] for line in told(attended) if line["kind"] == "crashed")
    assert began <= at <= time.time_ns() // 1000
    attended.write({"a": "a.gguf"}, server="drain_s = 0.1")
    eventually(lambda: len(attended.children(RUNTIME)) == 1)
    time.sleep(0.2)
    assert len(crashes(attended)) == 1


def test_one_that_is_ended_for_hanging_has_crashed(attended: Serve) -> None:
    attended.ready()
    os.kill(attended.children(RUNTIME)[0], signal.SIGSTOP)
    eventually(lambda: crashes(attended) == ["a"])


def test_what_a_refused_config_started_has_not_crashed(attended: Serve) -> None:
    attended.ready()
    eventually(lambda: told(attended))
    attended.write({"a": attended.model("bad.gguf", "crash")})
    eventually(lambda: "the last good one stays in force" in attended.log())
    time.sleep(0.2)
    assert crashes(attended) == []


def test_a_new_steward_is_told_the_present_and_every_crash(attended: Serve) -> None:
    attended.ready()
    [first] = eventually(lambda: attended.children(STEWARD))
    os.kill(attended.children(RUNTIME)[0], signal.SIGKILL)
    eventually(lambda: crashes(attended) == ["a"])
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(attended.endpoints()) == 1)
    second = eventually(lambda: next((pid for pid in attended.children(STEWARD) if pid != first), 0))
    lines = eventually(lambda: len(found := told(attended, second)) > 1 and found)
    assert [line["kind"] for line in lines[:2]] == ["start", "crashed"]
    assert lines[1]["deployment"] == "a"
    time.sleep(0.2)
    assert crashes(attended) == ["a"], "each of them once"


def test_one_that_does_not_read_keeps_nobody_waiting_and_gets_the_newest_at_last(attended: Serve) -> None:
    attended.ready()
    eventually(lambda: told(attended))
    (attended.state / "deaf").touch()
    text = attended.config.read_text() + "\n"
    padding = "".join(f'[deployments.d{number}]\nprovider = "ollama"\nmodel = "m"\n' for number in range(900))
    for turn in range(1, 9):  # each some 150 KB: more than the pipe holds
        attended.replace(text.replace("port = 0", f"port = 0\nmax_body_mb = {turn}") + padding)
        began = time.monotonic()
        eventually(lambda turn=turn: attended.get()["snapshot"]["config"]["server"]["max_body_mb"] == turn)
        assert time.monotonic() - began < 5
    (attended.state / "deaf").unlink()
    eventually(
        lambda: told(attended)[-1].get("snapshot", {}).get("config", {}).get("server", {}).get("max_body_mb") == 8
    )
    assert len(told(attended)) < 6, "what is older was dropped"


def test_answers_go_over_whole_and_wait_for_the_next_steward(attended: Serve) -> None:
    attended.ready()
    answers = attended.state / "answers"
    [first] = eventually(lambda: told(attended) and attended.children(STEWARD))
    attended.get("/say/one")
    eventually(lambda: answers.exists() and answers.read_text() == "one\n")
    os.kill(first, signal.SIGSTOP)
    eventually(lambda: Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    attended.get("/say/two")
    os.kill(first, signal.SIGKILL)
    attended.get("/say/three")
    eventually(lambda: answers.read_text() == "one\ntwo\nthree\n")


def test_the_way_of_answers_never_blocks_the_sender() -> None:
    answers = Answers()
    try:
        with contextlib.suppress(BlockingIOError):
            for _ in range(1000):
                answers.sending.send(b"x" * 100_000)
        with pytest.raises(BlockingIOError):
            answers.sending.send(b"x" * 100_000)
        assert answers.receiving.recv(200_000) == b"x" * 100_000
        size = answers.sending.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert size >= 400_000
    finally:
        answers.close()
