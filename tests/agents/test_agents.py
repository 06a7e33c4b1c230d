"""The agents that people use, each as it is installed, calls a tool through the gateway on a model of another format.

The model is scripted: it asks for one `echo`, and ends when it has the answer. Nothing but loopback can be reached.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conftest import require
from doubles.scripted.script import MARKER, SIGNATURE, WORDS
from gateway.formats import BACKS

if TYPE_CHECKING:
    from doubles.scripted.server import ScriptedModel
    from doubles.service import Service

_CLAUDE_CODE = "@anthropic-ai/claude-code-linux-x64/claude"
_CODEX = "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
_CLOSED = "http://127.0.0.1:9"
_QUESTION = "run the marker"
_CODEX_CONFIG = """
model = "{route}"
model_provider = "gateway"
model_reasoning_effort = "high"
model_supports_reasoning_summaries = true

[model_providers.gateway]
name = "gateway"
base_url = "{url}/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
"""


def installed(program: str) -> str:
    """Where `make test-agents` put it."""
    path = Path(os.environ["AJAR_AGENTS"]).resolve() / "node_modules" / program
    return require(str(path) if path.exists() else None, str(path))


def run(command: list[str], folder: Path, **variables: str) -> str:
    """What the agent says, in an environment that has nothing of this one's."""
    work = folder / "work"
    work.mkdir()
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _CLOSED)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TERM": "dumb", "NO_PROXY": "127.0.0.1", **proxies}
    done = subprocess.run(
        command,
        cwd=work,
        env=environment | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(said: str, service: Service, model: ScriptedModel, operation: str, back: str) -> None:
    """The round trip was whole: the call reached the agent, its result the model, and the last answer the user."""
    assert said.strip().endswith("".join(WORDS))
    ended = [each for each in model.seen if MARKER.encode() in each.body]
    assert len(ended) == 1, "the result of the tool reached the model once"
    if back != "openai-chat":
        assert SIGNATURE.encode() in ended[0].body, "signed thoughts return to their issuer"
    records = service.records()
    assert {(each["operation"], each["status"], each["deployment"]) for each in records} == {(operation, 200, back)}
    assert all("error" not in each for each in records)
    print(f"{operation} to {back} dropped:", *sorted({name for each in records for name in each.get("dropped", ())}))


@pytest.mark.parametrize("back", BACKS)
def test_claude_code(service: Service, model: ScriptedModel, back: str, tmp_path: Path) -> None:
    command = [installed(_CLAUDE_CODE), "-p", _QUESTION, "--model", back, "--allowedTools", "Bash(echo:*)"]
    said = run(
        command,
        tmp_path,
        ANTHROPIC_BASE_URL=f"http://127.0.0.1:{service.port}",
        ANTHROPIC_API_KEY="x",
        DISABLE_TELEMETRY="1",
        DISABLE_AUTOUPDATER="1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
    )
    check(said, service, model, "messages", back)


@pytest.mark.parametrize("back", BACKS)
def test_codex(service: Service, model: ScriptedModel, back: str, tmp_path: Path) -> None:
    (tmp_path / ".codex").mkdir()
    url = f"http://127.0.0.1:{service.port}"
    (tmp_path / ".codex" / "config.toml").write_text(_CODEX_CONFIG.format(route=back, url=url))
    command = [installed(_CODEX), "exec", "--skip-git-repo-check", _QUESTION]
    check(run(command, tmp_path, GATEWAY_KEY="x"), service, model, "responses", back)
