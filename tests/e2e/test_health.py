"""The health of deployments over real workers: what /metrics and `ajar routes` say, also after a worker's death."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import Upstream, chunk, stream
from e2e.conftest import Running, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


def config(upstream: Upstream, dead: int) -> str:
    """Route r over `gone`, where nobody listens, then `a`."""
    return f"""
[deployments.gone]
provider = "openai-compatible"
base_url = "http://127.0.0.1:{dead}/v1"
model = "m"
[deployments.a]
provider = "openai-compatible"
base_url = "{upstream.url}"
model = "m"
max_concurrent = 8
[routes.r]
primary = "gone"
fallback = ["a"]
"""


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as sock:
        return int(sock.getsockname()[1])


def chat(service: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    with closing(connection):
        connection.request("POST", "/v1/chat/completions", b'{"model":"r","messages":[]}')
        assert connection.getresponse().status == 200


def metrics(service: Running) -> dict[str, float]:
    """The metrics of deployments' health, from whichever worker answers."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    with closing(connection):
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line.startswith(("ajar_deployment_", "ajar_breaker_")))
    return {name: float(value) for name, value in pairs}


def routes(service: Running) -> dict[str, Any]:
    """The steps of the route, by deployment."""
    found = json.loads(service.ajar("routes", "--json"))
    assert found["running"]
    return {step["deployment"]: step for step in found["routes"][0]["deployments"]}


def test_a_dead_primary_opens_on_all_workers_and_the_count_survives_theirs(
    serve: Callable[..., Running], upstream: Upstream
) -> None:
    service = serve(config(upstream, free_port()), "--workers", "2")
    assert metrics(service)['ajar_deployment_state{deployment="gone"}'] == 0
    for _ in range(12):
        chat(service)
    seen = [metrics(service) for _ in range(12)]
    assert all(one == seen[0] for one in seen), "every worker says the same"
    assert seen[0] == {
        'ajar_breaker_opened_total{deployment="gone"}': 1,
        'ajar_breaker_opened_total{deployment="a"}': 0,
        'ajar_deployment_in_flight{deployment="gone"}': 0,
        'ajar_deployment_in_flight{deployment="a"}': 0,
        'ajar_deployment_state{deployment="gone"}': 2,
        'ajar_deployment_state{deployment="a"}': 0,
    }
    assert {name: step["state"] for name, step in routes(service).items()} == {"gone": "open", "a": "closed"}
    assert "open for another" in service.ajar("routes")
    pids = service.children("ajar.gateway.worker")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(found := service.children("ajar.gateway.worker")) == 2 and not set(found) & set(pids))
    after = metrics(service)
    assert after['ajar_breaker_opened_total{deployment="gone"}'] == 1
    assert after['ajar_deployment_state{deployment="gone"}'] in (1, 2), "what the dead knew is not forgotten"


def test_attempts_of_a_killed_worker_are_in_flight_no_longer(serve: Callable[..., Running], upstream: Upstream) -> None:
    upstream.default = stream([chunk("a")], cut=True)
    upstream.default.close, upstream.default.hang_s = False, 20
    service = serve(config(upstream, free_port()), "--workers", "2")
    callers = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=10) for _ in range(6)]
    for caller in callers:
        caller.request("POST", "/v1/chat/completions", b'{"model":"r","messages":[],"stream":true}')
        assert b"data: " in caller.getresponse().readline()
    assert routes(service)["a"]["in_flight"] == 6
    assert metrics(service)['ajar_deployment_in_flight{deployment="a"}'] == 6
    assert "6 / 8" in service.ajar("routes")
    for pid in service.children("ajar.gateway.worker"):
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: routes(service)["a"]["in_flight"] == 0)
    for caller in callers:
        caller.close()
