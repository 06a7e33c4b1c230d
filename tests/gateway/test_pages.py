"""The pages beside inferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service
    from doubles.upstream import Upstream


def test_health_and_readiness(service: Service) -> None:
    assert service.request("GET", "/healthz").json == {"status": "ok"}
    ready = service.request("GET", "/readyz")
    assert (ready.status, ready.json["status"], ready.json["routes_down"]) == (200, "ready", [])


def test_models(service: Service) -> None:
    listed = service.request("GET", "/v1/models").json
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["r", "deployment:a", "deployment:b"]
    one = service.request("GET", "/v1/models/deployment%3Aa").json
    assert one == {"id": "deployment:a", "object": "model", "created": 0, "owned_by": "ajar"}
    assert service.request("GET", "/v1/models/nowhere").status == 404


def test_metrics_count_inferences_attempts_and_tokens(service: Service, upstream: Upstream) -> None:
    upstream.stop()
    assert service.chat().status == 200
    assert service.chat("nowhere").status == 404
    text = service.request("GET", "/metrics").body.decode()
    assert 'ajar_inferences_total{deployment="b",route="r",status="200"} 1' in text
    assert 'ajar_attempts_total{deployment="a",error="upstream_connect_failed"} 1' in text
    assert 'ajar_attempts_total{deployment="b",error=""} 1' in text
    assert 'ajar_tokens_total{deployment="b",type="input"} 5' in text
    assert 'ajar_requests_refused_total{code="model_not_found"} 1' in text
    assert "ajar_inferences_in_flight 0" in text
    assert 'ajar_inference_duration_seconds_count{route="r"} 1' in text


def test_operators_pages_are_keyed_off_loopback(serve: Callable[..., Service], upstream: Upstream) -> None:
    service = serve(config(upstream), keyless=False, loopback=False)
    assert service.request("GET", "/healthz").status == 200
    assert service.request("GET", "/readyz").status == 401
    assert service.request("GET", "/metrics").status == 401


def test_no_web_page_reads_operators_pages(service: Service) -> None:
    for path in ("/readyz", "/metrics"):
        assert service.request("GET", path, headers={"origin": "http://evil.example"}).status == 403
