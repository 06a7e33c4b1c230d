"""The steward merges the feedback of past days."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ajar.config.model import Config, Deployment, Route
from ajar.config.snapshot import Snapshot
from ajar.domain import ids
from ajar.domain.feedback import Feedback
from ajar.rollout.setting import Setting
from ajar.steward.duties import duties
from ajar.traffic.feedback import feedback_journal, read_feedback

if TYPE_CHECKING:
    from pathlib import Path


def test_a_past_day_is_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ids.time, "time_ns", lambda: 1_700_000_000_000_000_000)
        journal = feedback_journal(tmp_path, 0)
    journal.append(Feedback(id="1", time=1, route="r", metric="m", value=1, caller="c", inference="i"))
    journal.close()
    config = Config(deployments={"a": Deployment(model="m")}, routes={"r": Route(primary="a")})
    setting = Setting(tmp_path, tmp_path, "http://127.0.0.1:1", None, Snapshot("h", config))
    (duty,) = [each for each in duties(setting, -1, pytest.fail) if each._name == "merge past feedback"]
    stop = threading.Event()
    stop.set()
    duty.once(stop)
    assert [path.name for path in (tmp_path / "feedback").iterdir()] == ["2023-11-14.day"]
    assert [one.id for one in read_feedback(tmp_path)] == ["1"]
