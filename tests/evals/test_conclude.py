"""From a run's folder to its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals import conclude as module
from ajar.evals.conclude import conclude
from ajar.evals.folder import Folder
from ajar.evals.run.header import Header, header
from ajar.evals.run.journal import Journal
from ajar.evals.run.lines import Replay
from ajar.evals.run.options import RunOptions
from ajar.evals.run.target import Target
from evals.hand import sample, suite

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CASES = 6


def a_run(path: Path, answered: int = CASES) -> Folder:
    """Of `suite`, one model, finished unless fewer cases were answered."""
    arms = {"candidate": Target(name="new", base_url="http://x/v1", model="new")}
    folder = Folder(path / "run")
    about: Header = header(suite(path, CASES), str(path / "suite.yaml"), arms, RunOptions())
    journal = Journal.create(folder.journal, about)
    for case in range(answered):
        journal.append(sample(case, "candidate", float(case != 2)))
    journal.close()
    return folder


def test_a_run_gets_all_its_files(tmp_path: Path) -> None:
    folder = a_run(tmp_path)
    result, timing = conclude(folder, suite(tmp_path, CASES), 0.95)
    assert [each.name for each in timing.metrics] == ["latency_ms"]
    passed = next(each for each in result.metrics if each.name == "passed")
    assert passed.candidate is not None
    assert (passed.candidate.mean, passed.candidate.n) == (5 / CASES, CASES)
    assert all(path.is_file() for path in (folder.result, folder.timing, folder.report, folder.junit))


def test_an_unfinished_run_is_not_complete(tmp_path: Path) -> None:
    whole, half = a_run(tmp_path / "whole"), a_run(tmp_path / "half", answered=CASES - 1)
    assert conclude(whole, suite(tmp_path, CASES), 0.95)[0].complete
    assert not conclude(half, suite(tmp_path, CASES), 0.95)[0].complete


def test_the_journal_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_run(tmp_path)
    opened: list[Path] = []

    def noted(path: Path) -> Replay:
        opened.append(path)
        return Replay(path)

    monkeypatch.setattr(module, "Replay", noted)
    conclude(folder, suite(tmp_path, CASES), 0.95)
    assert opened == [folder.journal]
