"""What holds for every test: no network but loopback, and hypothesis without a clock."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from recordings import Exchange, absent, folder

# Two shared cores: time limits of single examples would measure the neighbours.
settings.register_profile("ajar", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Where a run decides whether a change may land, its verdict is about the change: the same examples every time. Other
# runs look for new ones.
settings.register_profile("ajar-ci", settings.get_profile("ajar"), derandomize=True)
settings.load_profile("ajar-ci" if os.environ.get("AJAR_CI") else "ajar")

# Who is started in the background ignores Ctrl-C, and so would all that tests start and end with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise PermissionError(f"tests reach loopback only, not {host}")
    _connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Any:
    """Refuse connections to anything but this machine, in this process and (by a proxy that refuses) in children."""
    socket.socket.connect = _loopback_only  # type: ignore[method-assign]
    saved = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    for name in saved:
        del os.environ[name]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        os.environ[name] = "http://127.0.0.1:9"
    os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"
    yield
    socket.socket.connect = _connect  # type: ignore[method-assign]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY"):
        del os.environ[name]
    os.environ.update(saved)


def pytest_collection() -> None:
    """Collecting makes much that stays, and no garbage: looking for that took a third of its time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected lives as long as the run: from here on the collector passes over it."""
    gc.collect()
    gc.freeze()
    gc.enable()


_replayed: set[str] = set()


def pytest_runtest_call(item: pytest.Item) -> None:
    """Count the recorded exchanges that tests are run with."""
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    exchange = params.get("exchange")
    if isinstance(exchange, Exchange) and not exchange.name.startswith("own/"):
        _replayed.add(exchange.name)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a process beside this one has counted."""
    _replayed.update(getattr(node, "workeroutput", {}).get("replayed", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was counted, where this process is one of several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["replayed"] = sorted(_replayed)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say whether the run saw recorded traffic: without it much less is tested."""
    said = f"none: {absent()}" if folder() is None else f"{len(_replayed)} exchanges replayed"
    terminalreporter.write_line(f"recordings: {said}")


def require(program: str | None, name: str) -> str:
    """The path of an installed program; skips where it is absent, and fails there in the project's own checks."""
    if program is None:
        if os.environ.get("AJAR_CI"):
            pytest.fail(f"{name} is not installed, and AJAR_CI forbids skipping")
        pytest.skip(f"{name} is not installed")
    return program
