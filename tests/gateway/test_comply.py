"""An independent conformance suite against the front doors, in front of each kind of back end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doubles.scripted.server import ScriptedModel
from gateway.formats import BACKS, config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

EXCEPTED: set[tuple[str, str, str]] = set()
"""(suite, back end, case): cases in which the suite itself is wrong against the specification."""

_ANTHROPIC = ["--auth-header", "x-api-key", "--no-bearer", "-H", "anthropic-version:2023-06-01"]


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize(
    ("suite", "options", "cases"),
    [("openai-chat", [], 8), ("open-responses", [], 12), ("anthropic", _ANTHROPIC, 8)],
)
def test_every_case_passes(
    serve: Callable[..., Service],
    monkeypatch: pytest.MonkeyPatch,
    suite: str,
    options: list[str],
    cases: int,
    back: str,
) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    with ScriptedModel() as model:
        # Some cases run only for model names that are known to think.
        names = {"openai-chat": "gpt-5", "open-responses": "gpt-5", "anthropic": "claude-opus"}
        service_config = config(model.url)
        service_config["routes"] = {names[suite]: {"primary": back}}
        service = serve(service_config)
        program = Path(sys.executable).with_name("llm-comply")
        arguments = ["--format", suite, "-u", f"http://127.0.0.1:{service.port}/v1", "-k", "x", "-m", names[suite]]
        done = subprocess.run(
            [str(program), *arguments, "--json", *options], capture_output=True, timeout=120, check=False
        )
    found = json.loads(done.stdout)
    results = found["results"] if isinstance(found, dict) else found
    failed = {(each["id"], str(each.get("errors"))) for each in results if each["status"] == "failed"}
    assert {case for case in failed if (suite, back, case[0]) not in EXCEPTED} == set()
    assert sum(each["status"] == "passed" for each in results) >= cases, results
