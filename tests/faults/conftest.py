"""What every test with faults needs."""

from __future__ import annotations

import logging

import pytest

from faults.cell import KEY


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for the deployments, and no proxy before the name that nobody has."""
    monkeypatch.setenv(KEY, "secret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,::1,.invalid")


@pytest.fixture(autouse=True)
def _no_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """What the operator is told of hundreds of faults would hide what a test says."""
    caplog.set_level(logging.ERROR)
