"""How `ajar eval` ends where its output or its files fail: never with 1, which is a gate's FAIL."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evals.run.chat import Chat, completion
from evals.run.chat import Said as Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran


@pytest.fixture
def run(ajar: Callable[..., Ran], here: Path) -> str:
    """A finished run with a gate that passes."""
    cases = "".join(f"  - {{input: question {number}, target: yes}}\n" for number in range(40))
    (here / "s.yaml").write_text(f"suite: s\nchecks: {{right: exact}}\ncases:\n{cases}")
    with Chat(lambda asked: Answer(body=completion("yes" if asked.body["model"] == "good" else "no"))) as chat:
        ran = ajar("eval", "s.yaml", "--on", "good", "--against", "bad", "--base-url", chat.url, "--output", "r")
    assert ran.code == 0, ran.err
    return "r"


def shell(here: Path, line: str) -> subprocess.CompletedProcess[str]:
    """In bash, with `ajar` for this Python's; the exit code is that of the command itself."""
    said = f'ajar() {{ "{sys.executable}" -m ajar "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", said], cwd=here, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("ajar eval report {run} --gate | true; exit ${{PIPESTATUS[0]}}", 141, ""),
        ("ajar eval report {run} --gate --json | true; exit ${{PIPESTATUS[0]}}", 141, ""),
        ("ajar eval report {run} --gate > /dev/full", 3, "ajar: no space left on device"),
        ("ajar eval report {run} --gate --json > /dev/full", 3, "ajar: no space left on device"),
        ("ajar eval report {run} --gate >&-", 3, "ajar: standard output is closed: there is nowhere to print to"),
        ("ajar eval report {run} --gate > /dev/full 2>&1", 3, ""),
    ],
)
def test_an_output_that_fails_is_no_verdict(here: Path, run: str, line: str, code: int, told: str) -> None:
    ran = shell(here, line.format(run=run))
    assert ran.returncode == code, ran.stderr
    lines = [line for line in ran.stderr.splitlines() if "begun without a gate" not in line]
    assert lines == ([told] if told else [])


@pytest.mark.parametrize("to", ["/proc/x.json", "r"])
def test_a_file_that_cannot_be_written_is_one_line(ajar: Callable[..., Ran], run: str, to: str) -> None:
    ran = ajar("eval", "export", "inspect", run, to)
    assert ran.code == 3
    assert ran.err.startswith("ajar: ")
    assert ran.err.count("\n") == 1
