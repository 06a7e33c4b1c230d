"""A run that is killed again and again ends with what an uninterrupted one has."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from evals.run.chat import Chat, Said, error, honest
from evals.run.small import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evals.run.chat import Asked

PROGRAM = Path(__file__).with_name("stand_in_eval.py")
TOTAL = 400 * 2 * 2


@pytest.fixture
def chat() -> Iterator[Chat]:
    chance = Random(5)

    def script(asked: Asked) -> Said:
        said = error(400, "not this one") if int(asked.text.split()[-1]) % 17 == 0 else honest(asked)
        said.delay_s = 0.004 + chance.random() * 0.02
        return said

    with Chat(script) as server:
        server.keep = False
        yield server


def start(chat: Chat, journal: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, PROGRAM, chat.url, journal], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


def found(journal: Path) -> dict[Any, Any]:
    """All that a run found, but for what the clock says."""
    told: dict[Any, Any] = {}
    for sample in samples(journal):
        value = msgspec.to_builtins(sample)
        value.get("answer", {}).pop("latency_ms", None)
        assert (sample.case, sample.arm, sample.repeat) not in told
        told[sample.case, sample.arm, sample.repeat] = value
    return told


def test_killed_ten_times_it_ends_with_the_same_samples(chat: Chat, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    with start(chat, whole) as process:
        assert process.wait(60) == 0
    chance = Random(7)
    killed, kills, partly = tmp_path / "killed", 0, 0
    while kills < 10:
        with start(chat, killed) as process:
            time.sleep(chance.random() * 0.3)
            process.kill()
            ended = process.wait(10)
        assert ended in (-9, 0)
        kills += 1
        if killed.exists():
            lines = killed.read_bytes().count(b"\n") - 1
            partly += 0 < lines < TOTAL
        else:
            assert kills == 1
    assert partly >= 3
    with start(chat, killed) as process:
        assert process.wait(60) == 0
    assert found(killed) == found(whole)
    assert len(found(whole)) == TOTAL
    assert killed.read_bytes().count(b"\n") == TOTAL + 1


def test_two_of_them_cannot_write_to_one_journal(chat: Chat, tmp_path: Path) -> None:
    with start(chat, tmp_path / "j") as first:
        while not (tmp_path / "j").exists():
            time.sleep(0.01)
        second = subprocess.run(
            [sys.executable, PROGRAM, chat.url, tmp_path / "j"], capture_output=True, text=True, check=False
        )
        assert "another run is writing to" in second.stderr
        assert first.wait(60) == 0
    assert len(found(tmp_path / "j")) == TOTAL
