"""The agents themselves run with `make test-agents` only, which installs them and says where."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from doubles.scripted.server import ScriptedModel
from doubles.service import Service
from gateway.formats import config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

collect_ignore = [] if "AJAR_AGENTS" in os.environ else ["test_agents.py"]


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """Every upstream."""
    with ScriptedModel() as server:
        yield server


@pytest.fixture
def service(model: ScriptedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The gateway, with a route to a deployment of each format, of the same name."""
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    made: dict[str, Any] = config(model.url)
    running = Service(made, tmp_path / "state")
    yield running
    running.stop()
