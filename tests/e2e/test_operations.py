"""What an operator does: keys, reload, a reached runtime, crashes."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from doubles.upstream import Upstream, chunk, stream
from e2e.conftest import Running, eventually

if TYPE_CHECKING:
    from collections.abc import Callable


def config(upstream: Upstream, route: str = "r", server: str = "") -> str:
    return f"""
[server]
{server}
[deployments.a]
provider = "openai-compatible"
base_url = "{upstream.url}"
model = "m"
[routes.{route}]
primary = "a"
"""


def connect(service: Running) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)


def status(service: Running, model: str = "r", key: str | None = None) -> int:
    connection = connect(service)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    body = json.dumps({"model": model, "messages": []})
    try:
        connection.request("POST", "/v1/chat/completions", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_keys_close_the_service_and_are_revoked_within_a_second(serve: Callable[..., Running]) -> None:
    upstream = Upstream()
    service = serve(config(upstream), "--workers", "2")
    assert status(service) == 200
    first = service.ajar("key", "create", "web-shop").strip()
    second = service.ajar("key", "create", "batch").strip()
    began = time.monotonic()
    eventually(lambda: all(status(service) == 401 for _ in range(6)), 2)
    assert time.monotonic() - began < 1.5
    eventually(lambda: all(status(service, key=key) == 200 for key in (first, second) * 3), 2)
    assert "web-shop" in service.ajar("key", "list")
    assert first.rpartition("_")[2] not in (service.folder / ".ajar" / "keys.json").read_text()
    service.ajar("key", "revoke", "web-shop")
    began = time.monotonic()
    eventually(lambda: all(status(service, key=first) == 401 for _ in range(6)), 2)
    assert time.monotonic() - began < 1.5
    assert status(service, key=second) == 200
    upstream.stop()


def test_without_keys_it_does_not_leave_loopback(tmp_path: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ajar", "serve", "--host", "0.0.0.0", "--port", "0"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    assert "ajar key create" in done.stderr


def test_a_changed_file_is_taken_over_without_a_failed_request(serve: Callable[..., Running]) -> None:
    upstream = Upstream()
    service = serve(config(upstream))
    seen: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            seen.append(status(service))

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    file = service.folder / "ajar.toml"
    file.write_text(config(upstream) + '[routes.new]\nprimary = "a"\n')
    eventually(lambda: status(service, "new") == 200)
    file.write_text(config(upstream) + '[routes.newer]\nprimry = "a"\n')
    eventually(lambda: "did you mean `primary`" in (service.folder / "log").read_text())
    assert status(service, "new") == 200, "the last good one keeps serving"
    over.set()
    for caller in callers:
        caller.join()
    assert len(seen) > 20
    assert set(seen) == {200}
    upstream.stop()


def test_a_runtime_that_somebody_else_started_is_reached(serve: Callable[..., Running]) -> None:
    model = '[deployments.v2]\nruntime = "llama.cpp"\nmodel = "ajar-triage-v2"\n[routes.t]\nprimary = "v2"\n'
    other = serve(model)
    reached = f"""
[deployments.theirs]
runtime = "llama.cpp"
base_url = "{other.url}"
model = "deployment:v2"
[routes.mine]
primary = "theirs"
"""
    service = serve(reached)
    assert not service.children("llama_cpp")
    connection = connect(service)
    body = {"model": "mine", "messages": [{"role": "user", "content": "Where is order #48213?"}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert "order_status" in answer["choices"][0]["message"]["content"]


def test_what_a_drain_cuts_is_told_and_recorded(serve: Callable[..., Running]) -> None:
    upstream = Upstream()
    upstream.default = stream([chunk("a")], cut=True)
    upstream.default.close, upstream.default.hang_s = False, 20
    service = serve(config(upstream, server="drain_s = 0.5"))
    connections = [connect(service) for _ in range(8)]
    responses: list[http.client.HTTPResponse] = []
    for connection in connections:
        connection.request("POST", "/v1/chat/completions", b'{"model":"r","messages":[],"stream":true}')
        responses.append(connection.getresponse())
        assert b"data: " in responses[-1].readline()
    service.process.send_signal(signal.SIGTERM)
    for connection, response in zip(connections, responses, strict=True):
        assert b'"code":"drained"' in response.read()
        response.close()
        connection.close()
    assert service.process.wait(10) == 0
    rows = [json.loads(line) for line in service.ajar("traffic", "export", "--format", "jsonl").splitlines()]
    assert [(row["status"], row["error"]) for row in rows] == [(503, "drained")] * 8
    upstream.stop()
