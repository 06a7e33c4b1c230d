"""A run that is killed again and again ends with the very file that one without any interruption has."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from evals.run.chat import Asked, Chat, Said, completion, digest

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 10
CASES = 300
_SUITE = """suite: s
checks: {right: exact, near: {scorer: similarity, threshold: 0.1}}
cases:
"""


def script(asked: Asked) -> Said:
    """What each model answers follows from the question, and so does how long it takes."""
    text = digest(asked.text)
    number = int(text, 16)
    right = number % 10 < (9 if asked.body["model"] == "good" else 6)
    said = completion("yes" if right else text, tokens=number % 50)
    return Said(body=said, delay_s=0.002 + number % 30 / 1000)


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ajar", "eval", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def lines_of(journal: Path) -> int:
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def test_killed_ten_times_it_ends_with_the_same_result_file(tmp_path: Path) -> None:
    cases = "".join(
        f"  - {{input: question {number}, target: yes, tags: [t{number % 3}]}}\n" for number in range(CASES)
    )
    (tmp_path / "s.yaml").write_text(_SUITE + cases)
    with Chat(script) as chat:
        new = ["s.yaml", "--on", "good", "--against", "poor", "--repeats", "2", "--base-url", chat.url, "--output"]
        with start(tmp_path, *new, "whole") as whole:
            assert whole.wait(60) == 0
        chance = random.Random(11)
        journal = tmp_path / "killed" / "journal.jsonl"
        arguments = [*new, "killed"]
        for _ in range(KILLS):
            with start(tmp_path, *arguments) as process:
                enough = lines_of(journal) + chance.randrange(1, 4 * CASES // KILLS - 20)
                while lines_of(journal) < enough:
                    assert process.poll() is None
                    time.sleep(0.001)
                process.kill()
                assert process.wait(10) == -9
            arguments = ["--resume", "killed"]
        assert lines_of(journal) < 1 + 4 * CASES
        with start(tmp_path, *arguments) as last:
            assert last.wait(60) == 0
    assert (tmp_path / "killed" / "result.json").read_bytes() == (tmp_path / "whole" / "result.json").read_bytes()
    assert lines_of(journal) == 1 + 4 * CASES
