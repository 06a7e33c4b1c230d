"""When the steward's duties begin what they need."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_LOOK = """
import sys, threading
from pathlib import Path
from ajar.config.model import Config, Deployment, Route
from ajar.config.snapshot import Snapshot
from ajar.rollout.setting import Setting
from ajar.steward.duties import duties

state = Path(sys.argv[1])
config = Config(deployments={"a": Deployment(model="m")}, routes={"r": Route(primary="a")})
setting = Setting(state, state, "http://127.0.0.1:1", None, Snapshot("h", config))
(duty,) = [each for each in duties(setting, -1, print) if each._name == "look after rollouts"]
"""
_ONCE = """
duty.once(threading.Event())
print(*(name for name in ("ajar.rollout.conductor", "duckdb", "scipy") if name in sys.modules), sep=",")
"""
_BEGUN = {
    "a database": "from ajar.store.database import Database; Database.open(state).close()",
    "a revision": "(state / 'routes').mkdir(); (state / 'routes' / 'r.json').write_text('{')",
}


def look(state: Path, program: str) -> list[str]:
    command = [sys.executable, "-c", program, str(state)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_before_the_first_rollout_nothing_is_loaded_for_them(tmp_path: Path) -> None:
    assert look(tmp_path, _LOOK + _ONCE + _ONCE) == ["", ""]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", _BEGUN)
def test_rollouts_are_looked_after_as_soon_as_there_may_be_one(tmp_path: Path, what: str) -> None:
    *_, last = look(tmp_path, f"{_LOOK}{_ONCE}{_BEGUN[what]}{_ONCE}")
    assert last == "ajar.rollout.conductor,duckdb,scipy"
    assert (tmp_path / "ajar.db").exists()
