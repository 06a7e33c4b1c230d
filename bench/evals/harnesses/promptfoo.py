"""promptfoo's `eval` (npm), with the Node that it asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cases import MAX_TOKENS, MODEL, write_lines
from harness import CONCURRENCY, Harness, with_path

from peers import peers

if TYPE_CHECKING:
    from pathlib import Path

_QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_DISABLE_SHARING": "1",
    "PROMPTFOO_DISABLE_DEBUG_LOG": "1",
    "PROMPTFOO_DISABLE_ERROR_LOG": "1",
    "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
}


class Promptfoo(Harness):
    """Its results go into one JSON file, and not into its database as well."""

    name = "promptfoo"
    title = "promptfoo"

    @classmethod
    def missing(cls) -> str | None:
        return None if peers()[cls.name].installed else "not installed (make bench-peers)"

    @property
    def version(self) -> str:
        return peers()[self.name].version

    def prepare(self, room: Path, count: int, url: str) -> tuple[list[str], dict[str, str]]:
        lines = room / "cases.jsonl"
        write_lines(lines, count, ("input", "target"))
        tests = [{"vars": json.loads(line)} for line in lines.read_text().splitlines()]
        lines.write_text("".join(json.dumps(test) + "\n" for test in tests))
        asked = {"apiBaseUrl": url, "apiKey": "bench", "temperature": 0, "max_tokens": MAX_TOKENS, "maxRetries": 0}
        config = {
            "prompts": ["{{input}}"],
            "providers": [{"id": f"openai:chat:{MODEL}", "config": asked}],
            "defaultTest": {"assert": [{"type": "equals", "value": "{{target}}"}]},
            "tests": "file://cases.jsonl",
        }
        (room / "config.json").write_text(json.dumps(config))
        modules = peers()[self.name].home / "node_modules"
        command = [str(modules / "node/bin/node"), str(modules / "promptfoo/dist/src/entrypoint.js"), "eval"]
        command += ["--config", "config.json", "--max-concurrency", str(CONCURRENCY), "--output", "results.json"]
        command += ["--no-cache", "--no-write", "--no-table", "--no-progress-bar"]
        return command, {**_QUIET, "PROMPTFOO_CONFIG_DIR": str(room / "home"), "PATH": with_path(modules / "node/bin")}

    def right(self, room: Path) -> int:
        return json.loads((room / "results.json").read_bytes())["results"]["stats"]["successes"]
