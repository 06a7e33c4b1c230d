"""inspect_ai's `inspect eval` (PyPI), with OpenAI's own client, which it wants."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from cases import MAX_TOKENS, MODEL, write_lines
from harness import CONCURRENCY, Harness

from peers import peers

if TYPE_CHECKING:
    from pathlib import Path

_TASK = """\
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import exact
from inspect_ai.solver import generate


@task
def bench():
    return Task(dataset=json_dataset("cases.jsonl"), solver=generate(), scorer=exact())
"""
_READ = """\
import sys
from inspect_ai.log import list_eval_logs, read_eval_log

log = read_eval_log(list_eval_logs(sys.argv[1])[0], header_only=True)
assert log.status == "success", log.error
print(round(log.results.scores[0].metrics["mean"].value * log.results.completed_samples))
"""


class InspectAI(Harness):
    """Its log is the usual one; what it shows and writes for those who look on meanwhile is off."""

    name = "inspect-ai"
    title = "inspect_ai"

    @classmethod
    def missing(cls) -> str | None:
        return None if peers()[cls.name].installed else "not installed (make bench-peers)"

    @property
    def version(self) -> str:
        return peers()[self.name].version

    def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
        write_lines(room / "cases.jsonl", count, ("input", "target"))
        (room / "task.py").write_text(_TASK)
        command = [str(self._bin / "inspect"), "eval", "task.py", "--model", f"openai/{MODEL}"]
        command += ["--model-base-url", url, "-M", "responses_api=false", "--log-dir", "logs", "--display", "none"]
        command += ["--no-log-realtime", "--max-connections", str(CONCURRENCY), "--max-samples", str(CONCURRENCY)]
        command += ["--max-retries", "0", "--temperature", "0", "--max-tokens", str(MAX_TOKENS)]
        return command, {"OPENAI_API_KEY": "bench", "XDG_DATA_HOME": str(room), "XDG_CACHE_HOME": str(room)}

    def right(self, room: Path) -> int:
        read = [str(self._bin / "python"), "-c", _READ, str(room / "logs")]
        done = subprocess.run(read, capture_output=True, text=True, check=False)
        return int(done.stdout)

    @property
    def _bin(self) -> Path:
        return peers()[self.name].home / "bin"
