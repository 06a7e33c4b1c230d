"""Ajar's own `eval`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from cases import MAX_TOKENS, MODEL, write_lines
from harness import CONCURRENCY, Harness

from ajar import __version__

if TYPE_CHECKING:
    from pathlib import Path


class Ajar(Harness):
    """With all that it does by default: the journal, the numbers, the HTML report and the JUnit file."""

    name = "ajar"
    title = "Ajar"

    @classmethod
    def missing(cls) -> str | None:
        return None

    @property
    def version(self) -> str:
        return __version__

    def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
        write_lines(room / "cases.jsonl", count, ("input", "target"))
        suite = {
            "suite": "bench",
            "request": {"temperature": 0, "max_tokens": MAX_TOKENS},
            "checks": {"right": "exact"},
            "cases": "cases.jsonl",
        }
        (room / "suite.yaml").write_text(json.dumps(suite))
        command = [sys.executable, "-m", "ajar", "eval", "suite.yaml", "--on", MODEL, "--base-url", url]
        command += ["--max-concurrency", str(CONCURRENCY), "--retries", "0", "--output", "run"]
        return command, {}

    def right(self, room: Path) -> int:
        metrics = json.loads((room / "run/result.json").read_bytes())["metrics"]
        passed = next(each["candidate"] for each in metrics if each["name"] == "passed")
        return round(passed["mean"] * passed["n"])
