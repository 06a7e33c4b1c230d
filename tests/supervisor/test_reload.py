"""Changes to the config and the keys while it serves."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from ajar.store.keys import KeyFile
from supervisor.served import Serve, alive, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

RUNTIME = "stand_in_runtime"


def _hash(serve: Serve) -> str:
    return str(serve.get()["snapshot"]["hash"])


def test_a_changed_file_is_applied(serve: Serve) -> None:
    serve.ready()
    before = serve.get()
    serve.write({"a": "a.gguf"}, server="max_body_mb = 7")
    eventually(lambda: _hash(serve) != before["snapshot"]["hash"])
    after = serve.get()
    assert after["snapshot"]["config"]["server"]["max_body_mb"] == 7
    assert after["pid"] == before["pid"]
    assert after["snapshot"]["endpoints"] == before["snapshot"]["endpoints"]
    eventually(lambda: f"the config is in force ({after['snapshot']['hash']})" in serve.log())


def test_sighup_applies_without_waiting_for_the_watch(make_serve: Callable[..., Serve]) -> None:
    serve = make_serve(poll_s=60)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    before = _hash(serve)
    serve.write({"a": "a.gguf"}, server="max_body_mb = 7")
    time.sleep(0.2)
    assert _hash(serve) == before
    serve.signal(signal.SIGHUP)
    eventually(lambda: _hash(serve) != before)
    serve.signal(signal.SIGHUP)
    eventually(lambda: "nothing changed" in serve.log())


def test_a_bad_file_is_refused_and_the_last_good_one_serves(serve: Serve) -> None:
    serve.ready()
    before = serve.get()
    serve.replace('[routes.r]\nprimery = "a"\n')
    eventually(lambda: "the config was refused" in serve.log())
    assert "ajar.toml:2" in serve.log()
    assert "primery" in serve.log()
    assert serve.get() == before
    serve.config.unlink()
    eventually(lambda: serve.log().count("the config was refused") == 2)
    assert serve.get() == before
    serve.write({"a": "a.gguf"}, server="max_body_mb = 7")
    eventually(lambda: _hash(serve) != before["snapshot"]["hash"])


def test_what_a_worker_refuses_is_in_force_nowhere(serve: Serve) -> None:
    serve.write({"a": "a.gguf"}, server="workers = 2")
    serve.ready()
    before = _hash(serve)
    serve.write({"a": "a.gguf", "unwanted": "a.gguf"}, server="workers = 2")
    eventually(lambda: "the stand-in does not want it" in serve.log())
    assert {_hash(serve) for _ in range(12)} == {before}
    eventually(lambda: len(serve.children(RUNTIME)) == 1)


def test_a_new_runtime_is_up_before_the_workers_hear_of_it(serve: Serve) -> None:
    serve.ready()
    before = _hash(serve)
    serve.write({"a": "a.gguf", "b": serve.model("b.gguf")})
    while (answer := serve.get()["snapshot"])["hash"] == before:
        time.sleep(0.005)
    assert answer["endpoints"].keys() == {"a", "b"}


def test_a_changed_runtime_is_exchanged_without_a_gap(serve: Serve) -> None:
    serve.write({"a": "a.gguf"}, server="drain_s = 0.3")
    serve.ready()
    before = serve.get()["snapshot"]
    [old] = serve.children(RUNTIME)
    serve.write({"a": serve.model("other.gguf")}, server="drain_s = 0.3")
    while (answer := serve.get()["snapshot"])["hash"] == before["hash"]:
        assert answer["endpoints"] == before["endpoints"]
        time.sleep(0.005)
    assert answer["endpoints"].keys() == {"a"}
    assert answer["endpoints"] != before["endpoints"]
    # Inferences that began before may still run there; then it ends.
    assert alive(old)
    eventually(lambda: not alive(old))
    assert len(serve.children(RUNTIME)) == 1
    assert "starts again" not in serve.log()


def test_a_removed_runtime_that_comes_back_in_time_is_kept(serve: Serve) -> None:
    serve.model("b.gguf")
    serve.write({"a": "a.gguf", "b": "b.gguf"}, server="drain_s = 0.5")
    serve.ready()
    before = serve.endpoints()
    serve.write({"a": "a.gguf"}, server="drain_s = 0.5")
    eventually(lambda: serve.endpoints().keys() == {"a"})
    serve.write({"a": "a.gguf", "b": "b.gguf"}, server="drain_s = 0.5")
    eventually(lambda: serve.endpoints() == before)
    time.sleep(0.6)
    assert serve.endpoints() == before
    assert len(serve.children(RUNTIME)) == 2


def test_a_config_whose_runtime_does_not_start_is_refused(serve: Serve) -> None:
    serve.ready()
    before = serve.get()
    serve.write({"a": serve.model("bad.gguf", "broken")})
    eventually(lambda: "bad.gguf is broken" in serve.log() and "the last good one stays" in serve.log())
    assert serve.get() == before
    eventually(lambda: len(serve.children(RUNTIME)) == 1)


def test_a_model_that_loads_for_ever_does_not_block_its_correction(serve: Serve) -> None:
    serve.ready()
    before = serve.get()
    serve.write({"a": "a.gguf", "big": serve.model("big.gguf", "loading")})
    eventually(lambda: len(serve.children(RUNTIME)) == 2)
    time.sleep(0.1)
    assert serve.get() == before
    serve.write({"a": "a.gguf", "b": serve.model("b.gguf")})
    eventually(lambda: serve.endpoints().keys() == {"a", "b"})
    eventually(lambda: len(serve.children(RUNTIME)) == 2)


def test_what_needs_a_restart_is_named(serve: Serve) -> None:
    serve.ready()
    serve.write({"a": "a.gguf"}, server="workers = 3")
    eventually(lambda: "server.workers changed: it takes effect when ajar serve is started again" in serve.log())


def test_keys_are_known_and_revoked_within_a_second(serve: Serve) -> None:
    serve.ready()
    keys = KeyFile(serve.state)

    def known() -> list[str]:
        return [key["id"] for key in serve.get()["snapshot"]["keys"]]

    key, _ = keys.create("one", direct=False)
    eventually(lambda: known() == [key.id], within_s=3)
    assert serve.get()["snapshot"]["keyless"] is False
    keys.revoke(key.id)
    eventually(lambda: known() == [], within_s=3)
    assert serve.get()["snapshot"]["keyless"] is False


def test_a_key_file_that_vanishes_or_breaks_opens_nothing(serve: Serve) -> None:
    keys = KeyFile(serve.state)
    key, _ = keys.create("one", direct=False)
    serve.ready()
    (serve.state / "keys.json").write_text("{")
    eventually(lambda: "the keys cannot be read" in serve.log())
    assert [known["id"] for known in serve.get()["snapshot"]["keys"]] == [key.id]
    (serve.state / "keys.json").unlink()
    eventually(lambda: serve.get()["snapshot"]["keys"] == [])
    assert serve.get()["snapshot"]["keyless"] is False


def test_a_worker_that_takes_no_snapshot_is_replaced(make_serve: Callable[..., Serve]) -> None:
    serve = make_serve(apply_limit_s=0.3)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    answer = serve.get()
    os.kill(answer["pid"], signal.SIGSTOP)
    serve.write({"a": "a.gguf"}, server="max_body_mb = 7")
    eventually(lambda: not alive(answer["pid"]))
    assert serve.get()["snapshot"]["config"]["server"]["max_body_mb"] == 7
    assert "worker 0 has not answered" in serve.log()


def test_a_worker_that_hangs_is_replaced(make_serve: Callable[..., Serve]) -> None:
    serve = make_serve(apply_limit_s=0.3, ping_every_s=0.1)
    serve.write({"a": serve.model("a.gguf")})
    serve.ready()
    pid = serve.get()["pid"]
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: not alive(pid))
    assert serve.get()["pid"] != pid
