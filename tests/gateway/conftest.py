"""A running gateway in front of scripted upstreams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doubles.service import Service
from doubles.upstream import Upstream
from faults.circles import Circles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True, scope="module")
def no_circles(request: pytest.FixtureRequest) -> Iterator[None]:
    """However a request ended, in any test of a file: nothing of it is left that only the collector takes away."""
    failed = request.session.testsfailed
    with Circles() as circles:
        yield
        circles.look()
    if request.session.testsfailed > failed:
        return  # a failed test's own traceback holds what it looked at
    left = [name for name in ("Exchange", "Inference", "Ask", "Response") if name in circles.found]
    assert not left, f"{left} among {dict(circles.found)}"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """The first deployment's API."""
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture
def second() -> Iterator[Upstream]:
    """The fallback's API."""
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start a service; it ends with the test."""
    started: list[Service] = []

    def start(config: dict[str, Any], **options: Any) -> Service:
        started.append(Service(config, tmp_path / f"state{len(started)}", **options))
        return started[-1]

    yield start
    for service in started:
        service.stop()


def config(first: Upstream, second: Upstream | None = None, **route: Any) -> dict[str, Any]:
    """One route `r` over deployment `a`, with `b` to fall back on where a second upstream is given."""
    deployments = {"a": _deployment(first, "model-a")}
    if second is not None:
        deployments["b"] = _deployment(second, "model-b")
        route.setdefault("fallback", ("b",))
    return {"deployments": deployments, "routes": {"r": {"primary": "a", **route}}}


def _deployment(upstream: Upstream, model: str) -> dict[str, Any]:
    return {"provider": "vllm", "base_url": upstream.url, "model": model, "timeouts": {"connect_s": 2}}


@pytest.fixture
def service(serve: Callable[..., Service], upstream: Upstream, second: Upstream) -> Service:
    """Route `r` over `a`, then `b`."""
    return serve(config(upstream, second))
