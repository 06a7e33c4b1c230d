from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.errors import JournalError, StateError
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.lines import Replay
from ajar.evals.run.options import RunOptions
from ajar.evals.sample import Failure, Sample
from ajar.evals.score import Score
from doubles.peak import most_held
from evals.run.small import Small, arms

if TYPE_CHECKING:
    from pathlib import Path

ARMS = arms("http://127.0.0.1:1/v1")
HEADER = header(Small(1000), "small.yaml", ARMS, RunOptions())


def good(case: int, text: str = "yes") -> Sample:
    answer = Answer(text=text, tool_calls=(ToolCall("f", "{}"),), latency_ms=1.5)
    scores = {"a": Score(0.5, "half", {"x": 1.0, "y": 0.0})}
    return Sample(case=case, id=f"c{case}", arm="candidate", repeat=0, answer=answer, scores=scores, attempts=2)


def bad(case: int) -> Sample:
    return Sample(case=case, id=f"c{case}", arm="candidate", repeat=0, error=Failure("timeout", "slow"))


def filled(path: Path, *samples: Sample) -> Path:
    journal = Journal.create(path, HEADER)
    for sample in samples:
        journal.append(sample)
    journal.close()
    return path


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    samples = [good(2), bad(1), good(0, "é\n\u2028")]
    path = filled(tmp_path / "new" / "j", *samples)
    replay = Replay(path)
    assert list(replay) == list(replay) == samples
    assert replay.header == HEADER
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_new_run_takes_nobodys_journal(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(1))
    with pytest.raises(StateError, match="is there already: resume that run"):
        Journal.create(path, HEADER)
    assert len(list(Replay(path))) == 1


def test_a_resumed_journal_knows_what_is_done(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(1), bad(2))
    journal = Journal.resume(path, HEADER)
    assert [case for case in range(5) if journal.ledger.done(case, "candidate", 0)] == [1, 2]
    journal.append(good(3))
    journal.close()
    assert [sample.case for sample in Replay(path)] == [1, 2, 3]


@pytest.mark.parametrize("cut", [1, 2, 40, 10_000])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    path = filled(tmp_path / "j", good(1), good(2, "long " * 5000))
    os.truncate(path, path.stat().st_size - cut)
    assert [sample.case for sample in Replay(path)] == [1]  # to one who only looks, too
    journal = Journal.resume(path, HEADER)
    assert not journal.ledger.done(2, "candidate", 0)
    journal.append(good(2))
    journal.close()
    assert list(Replay(path)) == [good(1), good(2)]


@pytest.mark.parametrize("tail", [b"\0" * 300, b"\0" * 300 + b"\n", b'{"case":3}\n', b"\xff\n", b"[" * 4000 + b"\n"])
def test_whatever_a_power_cut_left_behind_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = filled(tmp_path / "j", good(1))
    with path.open("ab") as file:
        file.write(tail)
    journal = Journal.resume(path, HEADER)
    journal.append(good(2))
    journal.close()
    assert [sample.case for sample in Replay(path)] == [1, 2]


def test_damage_in_the_middle_is_told_with_its_line_and_nothing_is_cut(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(1), good(2))
    data = path.read_bytes().replace(b'"id":"c1"', b'"id":c1xx', 1)
    path.write_bytes(data)
    with pytest.raises(StateError, match=r"/j:2: this line is no sample, and others follow"):
        Journal.resume(path, HEADER)
    assert path.read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"{}", b"hello\n", b'{"schema":1,"run":"x"'])
def test_what_is_no_journal_is_not_touched(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "j"
    path.write_bytes(data)
    with pytest.raises(StateError, match="not the journal of a run"):
        Journal.resume(path)
    assert path.read_bytes() == data


def test_one_of_another_form_is_left_to_the_version_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(HEADER, schema=2, version="9.9")) + b"\n")
    with pytest.raises(StateError, match=r"ajar 9\.9"):
        Replay(path)


def test_a_sample_of_another_run_is_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(1))
    with path.open("ab") as file:
        file.write(msgspec.json.encode(good(1000)) + b"\n")
    with pytest.raises(StateError, match="/j:3: this sample belongs to another run"):
        Journal.resume(path)


def test_another_run_may_not_go_on_with_it(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(1))
    other = header(Small(1000), "small.yaml", ARMS, RunOptions(seed=9))
    with pytest.raises(StateError, match=r"seed \(was 0, is 9\)"):
        Journal.resume(path, other)
    Journal.resume(path, HEADER).close()  # the lock was given back


def test_two_runs_cannot_write_to_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal.create(path, HEADER)
    journal.append(good(1))
    program = f"""
from pathlib import Path
from ajar.errors import StateError
from ajar.evals.run.journal import Journal
try:
    Journal.resume(Path({str(path)!r}))
except StateError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "another run is writing to" in said
    with pytest.raises(StateError, match="another run is writing to"):
        Journal.resume(path)
    assert [sample.case for sample in journal.replay()] == [1]  # but to read it is no harm
    journal.close()
    Journal.resume(path).close()


def test_what_is_asked_again_replaces_the_error_and_never_stands_twice(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", good(0), bad(1), bad(2), bad(3))
    for round_ in range(3):
        journal = Journal.resume(path, HEADER, retry_errors=True)
        left = [case for case in range(4) if not journal.ledger.done(case, "candidate", 0)]
        assert left == [[1, 2, 3], [2, 3], [3]][round_]
        journal.append(good(left[0]))
        for case in left[1:2]:
            journal.append(bad(case))
        assert sorted(sample.case for sample in journal.replay()) == [0, 1, 2, 3]
        journal.close()
    found = {sample.case: sample for sample in Replay(path)}
    assert found == {case: good(case) for case in range(4)}
    assert len(path.read_bytes().splitlines()) == 1 + 4 + 5


def test_without_room_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal.create(path, HEADER)
    journal.append(good(1))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 50, old[1]))
    try:
        with pytest.raises(JournalError, match=r"cannot be written: file too large\. Make room there; then resume"):
            journal.append(good(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not journal.ledger.done(2, "candidate", 0)
    journal.append(good(3))
    journal.close()
    assert [sample.case for sample in Replay(path)] == [1, 3]


def test_half_a_pair_of_surrogates_harms_no_line(tmp_path: Path) -> None:
    sample = Sample(case=1, id="x", arm="candidate", repeat=0, answer=Answer(), scores={"a": Score(1.0, "\ud800!")})
    (found,) = Replay(filled(tmp_path / "j", sample))
    assert found.scores["a"].why == "?!"


def test_a_long_journal_is_read_line_by_line(tmp_path: Path) -> None:
    path = filled(tmp_path / "j", *(good(case, "long " * 1000) for case in range(1000)))
    assert path.stat().st_size > 5_000_000

    def read() -> None:
        with closing(Journal.resume(path, HEADER)) as journal:
            assert sum(1 for _ in journal.replay()) == 1000

    assert most_held(read, 400_000) < 400_000
