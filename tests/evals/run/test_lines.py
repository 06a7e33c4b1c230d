from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.evals.answer import Answer
from ajar.evals.run.lines import Replay, read_header
from ajar.evals.run.options import RunOptions
from ajar.evals.sample import Sample
from evals.run.small import Small, arms, begin

if TYPE_CHECKING:
    from pathlib import Path


def test_a_running_journal_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = begin(path, Small(5), arms("http://h/v1"), RunOptions(seed=4))
    assert read_header(path).seed == 4
    replay = Replay(path)
    journal.append(Sample(case=0, id="x", arm="candidate", repeat=0, answer=Answer()))
    assert list(replay) == []  # as it was
    assert len(list(Replay(path))) == 1
    journal.close()


def test_a_journal_that_is_not_there_is_told(tmp_path: Path) -> None:
    for look in (Replay, read_header):
        with pytest.raises(StateError, match="nothing cannot be read: no such file"):
            look(tmp_path / "nothing")
