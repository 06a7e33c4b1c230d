"""Starting, dying children, and the end: with a supervisor in a process of its own."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from ajar.store.keys import KeyFile
from ajar.supervisor.pace import Pace
from supervisor.served import Serve, alive, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER, RUNTIME = "stand_in_worker", "stand_in_runtime"


def _replaced(serve: Serve, program: str, pid: int) -> int:
    """The pid of the process that stands in for `pid`."""
    return int(eventually(lambda: next((found for found in serve.children(program) if found != pid), 0)))


def _is_up(serve: Serve, name: str, but: str = "") -> bool:
    return serve.endpoints().get(name, but) != but


def test_it_is_ready_when_workers_and_runtimes_are(serve: Serve) -> None:
    assert serve.ready()["failed"] == {}
    answer = serve.get()
    assert answer["snapshot"]["endpoints"].keys() == {"a"}
    assert answer["snapshot"]["keyless"] is True
    assert len(serve.children()) == 2
    said = [line for line in serve.log().splitlines() if line != "a stray line that a native library might print"]
    assert said == []


def test_a_killed_worker_is_replaced_and_serves_the_same_port(serve: Serve) -> None:
    serve.ready()
    pid = serve.get()["pid"]
    os.kill(pid, signal.SIGKILL)
    # Not refused meanwhile: the socket is the supervisor's, and the connection waits in it.
    assert serve.get()["pid"] != pid
    assert (serve.state / "run" / "board").read_text() == "0\n"
    assert "worker 0 was ended by SIGKILL; it starts again in" in serve.log()


def test_connections_of_a_dead_worker_wait_for_its_replacement(serve: Serve) -> None:
    serve.write({"a": "a.gguf"}, server="workers = 2")
    serve.ready()
    pids = eventually(lambda: len(found := serve.children(WORKER)) == 2 and found)
    os.kill(pids[0], signal.SIGKILL)
    assert {serve.get()["worker"] for _ in range(24)} == {0, 1}


def test_a_killed_runtime_is_replaced_and_its_new_address_published(serve: Serve) -> None:
    serve.ready()
    before = serve.endpoints()["a"]
    pid = serve.children(RUNTIME)[0]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: _is_up(serve, "a", but=before))
    assert "runtime a was ended by SIGKILL; it starts again in 0." in serve.log()


def test_a_wedged_runtime_is_ended_and_replaced(make_serve: Callable[..., Serve]) -> None:
    serve = make_serve(wedged_s=0.4)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    before = serve.endpoints()["a"]
    pid = serve.children(RUNTIME)[0]
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: _is_up(serve, "a", but=before))
    assert not alive(pid)
    assert "runtime a gave no health answer for" in serve.log()


@pytest.mark.parametrize("behaviour", ["broken", "crash"])
def test_a_runtime_that_cannot_start_is_said_loudly_and_the_rest_serves(serve: Serve, behaviour: str) -> None:
    serve.write({"a": "a.gguf", "bad": serve.model("bad.gguf", behaviour)})
    failed = serve.ready()["failed"]
    assert failed.keys() == {"bad"}
    assert ("is broken" if behaviour == "broken" else "SIGABRT") in failed["bad"]
    assert serve.endpoints().keys() == {"a"}
    assert "deployment bad is NOT up" in serve.log()
    serve.model("bad.gguf", "good")
    eventually(lambda: _is_up(serve, "bad"))


def test_a_runtime_that_no_route_needs_is_not_waited_for(serve: Serve) -> None:
    serve.write({"a": "a.gguf", "bad": serve.model("bad.gguf", "broken")}, routes=("a",))
    assert serve.ready()["failed"] == {}


def test_a_worker_that_cannot_start_stops_the_start(serve: Serve) -> None:
    serve.write({"fatal": serve.model("fatal.gguf")})
    serve.start()
    assert serve.wait(5) == 3
    assert "the stand-in cannot start with it" in serve.log()


def test_a_second_one_on_the_same_state_is_refused(serve: Serve, make_serve: Callable[..., Serve]) -> None:
    serve.ready()
    second = make_serve()
    second.start()
    assert second.wait(5) == 3
    assert f"another ajar (process {serve.process.pid}) uses the state directory" in serve.log()
    assert serve.get()["pid"]


def test_a_taken_port_is_refused(serve: Serve) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        serve.write({"a": "a.gguf"})
        port = taken.getsockname()[1]
        serve.replace(serve.config.read_text().replace("port = 0", f"port = {port}"))
        serve.start()
        assert serve.wait(5) == 3
    assert f"127.0.0.1:{port} is in use by another program" in serve.log()


def test_an_open_address_without_keys_is_refused(serve: Serve) -> None:
    serve.write({"a": "a.gguf"}, server='host = "0.0.0.0"')
    serve.start()
    assert serve.wait(5) == 3
    assert "run `ajar key create` first" in serve.log()
    KeyFile(serve.state).create("one", direct=False)
    assert serve.ready()["keyless"] is False


def test_sigint_ends_everything(serve: Serve) -> None:
    serve.write({"a": "a.gguf", "b": "a.gguf"}, server="workers = 2")
    serve.ready()
    children = serve.children()
    assert len(children) == 4
    began = time.monotonic()
    serve.signal(signal.SIGINT)
    assert serve.wait(5) == 0
    assert time.monotonic() - began < 1.5
    assert not any(map(alive, children))
    with pytest.raises(ConnectionRefusedError):
        serve.get()


def test_ctrl_c_reaches_the_supervisor_alone(serve: Serve) -> None:
    serve.ready()
    assert all(os.getpgid(child) != os.getpgid(serve.process.pid) for child in serve.children())


class _Slow:
    """A request that takes `seconds`, on a thread."""

    def __init__(self, serve: Serve, seconds: float) -> None:
        self.outcome: Any = None
        self.thread = threading.Thread(target=self._run, args=(serve, seconds))
        self.thread.start()
        time.sleep(0.15)

    def _run(self, serve: Serve, seconds: float) -> None:
        try:
            self.outcome = serve.get(f"/slow/{seconds}", timeout=10)
        except (OSError, http.client.HTTPException) as error:
            self.outcome = error

    def end(self) -> Any:
        self.thread.join(10)
        return self.outcome


def test_sigterm_lets_running_inferences_end(serve: Serve) -> None:
    serve.ready()
    slow = _Slow(serve, 0.8)
    serve.signal(signal.SIGTERM)
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        serve.get()
    assert len(serve.children(RUNTIME)) == 1
    assert slow.end()["worker"] == 0
    assert serve.wait(2) == 0


def test_sigterm_waits_no_longer_than_drain_s(serve: Serve) -> None:
    serve.write({"a": "a.gguf"}, server="drain_s = 0.4")
    serve.ready()
    slow = _Slow(serve, 30)
    began = time.monotonic()
    serve.signal(signal.SIGTERM)
    assert serve.wait(5) == 0
    assert 0.3 < time.monotonic() - began < 2
    assert isinstance(slow.end(), OSError | http.client.HTTPException)


def test_sigint_takes_less_than_three_seconds_also_with_hanging_children(make_serve: Callable[..., Serve]) -> None:
    usual = Pace()
    assert usual.quick_drain_s + usual.stop_s < 2.8
    serve = make_serve(quick_drain_s=0.4, stop_s=0.2)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    children = serve.children()
    for child in children:
        os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    serve.signal(signal.SIGINT)
    assert serve.wait(5) == 0
    assert 0.6 < time.monotonic() - began < 2.5
    assert not any(map(alive, children))


def test_sigint_hastens_a_drain_and_a_second_one_ends_it_at_once(make_serve: Callable[..., Serve]) -> None:
    serve = make_serve(quick_drain_s=20)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    children = serve.children()
    slow = _Slow(serve, 30)
    serve.signal(signal.SIGTERM)
    time.sleep(0.1)
    serve.signal(signal.SIGINT)
    time.sleep(0.1)
    assert serve.process.poll() is None
    began = time.monotonic()
    serve.signal(signal.SIGINT)
    assert serve.wait(5) == 0
    assert time.monotonic() - began < 0.5
    assert not any(map(alive, children))
    slow.end()


def test_sigint_during_the_start(serve: Serve) -> None:
    serve.start()
    children = eventually(serve.children)
    serve.signal(signal.SIGINT)
    assert serve.wait(3) == 0
    assert not any(map(alive, children))


@pytest.mark.parametrize("stopped", [False, True])
def test_kill_9_of_the_supervisor_leaves_no_orphan(serve: Serve, stopped: bool) -> None:
    serve.ready()
    children = serve.children()
    if stopped:
        for child in children:
            os.kill(child, signal.SIGSTOP)
    serve.signal(signal.SIGKILL)
    serve.wait(2)
    eventually(lambda: not any(map(alive, children)), within_s=3)
    # And the state directory is free again.
    serve.ready()


def test_losing_the_terminal_ends_it(serve: Serve) -> None:
    master, slave = os.openpty()
    become_its_session = f"""
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl({slave}, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
    serve.command = [serve.command[0], "-c", become_its_session, *serve.command]
    serve.pass_fds = (slave,)
    serve.ready()
    children = serve.children()
    os.close(slave)
    os.close(master)
    assert serve.wait(5) == 0
    assert not any(map(alive, children))
