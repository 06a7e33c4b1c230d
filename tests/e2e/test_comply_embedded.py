"""The conformance suite in front of the shipped model: everything passes but what it cannot do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.conftest import Running

_MODEL = "the shipped model neither calls tools nor sees images"
FAILING = {
    "open-responses": {"tool-calling": _MODEL, "image-input": _MODEL},
    "anthropic": {"anth-tool-calling": _MODEL, "anth-image-input": _MODEL},
    "openai-chat": {"chat-tool-calling": _MODEL, "chat-image-input": _MODEL},
}
"""The cases that fail, with the reason. A case in this list that passes fails the test: it must leave the list."""

_CONFIG = """
[deployments.m]
runtime = "llama.cpp"
model = "ajar-triage-v2"
[routes.support-triage]
primary = "m"
"""


@pytest.mark.parametrize("suite", list(FAILING))
def test_the_suite(serve: Callable[..., Running], suite: str) -> None:
    running = serve(_CONFIG)
    program = Path(sys.executable).with_name("llm-comply")
    options = ["--format", suite, "-u", running.url, "-k", "x", "-m", "support-triage", "--json"]
    if suite == "anthropic":
        options += ["--auth-header", "x-api-key", "--no-bearer", "-H", "anthropic-version:2023-06-01"]
    done = subprocess.run([str(program), *options], capture_output=True, timeout=120, check=False)
    found = json.loads(done.stdout)
    results = found["results"] if isinstance(found, dict) else found
    failed = {each["id"]: each.get("errors") for each in results if each["status"] == "failed"}
    assert set(failed) == set(FAILING[suite]), failed
    assert sum(each["status"] == "passed" for each in results) >= 3
