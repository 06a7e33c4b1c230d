"""Supervisors for tests, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervisor.served import Serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make_serve(tmp_path: Path) -> Iterator[Callable[..., Serve]]:
    """Makes supervisors in the test's folder, and ends them after the test."""
    made: list[Serve] = []

    def make(command: list[str] | None = None, **pace: float) -> Serve:
        quick = {"poll_s": 0.05, "health_every_s": 0.1, "health_limit_s": 0.3, "wedged_s": 1.0, **pace}
        serve = Serve(tmp_path, command, **quick)
        made.append(serve)
        return serve

    yield make
    for serve in made:
        if serve.process is not None:
            serve.end()


@pytest.fixture
def serve(make_serve: Callable[..., Serve]) -> Serve:
    """A supervisor with one good runtime, not started."""
    serve = make_serve()
    serve.write({"a": serve.model("a.gguf")})
    return serve
