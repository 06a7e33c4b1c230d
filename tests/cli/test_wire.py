"""`ajar wire convert`: a translation, and what it drops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ajar.cli.main import ajar
from doubles.scripted import chat

if TYPE_CHECKING:
    from pathlib import Path

REQUEST: dict[str, Any] = {
    "model": "m",
    "max_tokens": 50,
    "top_k": 5,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "hi"}],
}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(ajar, ["wire", "convert", *arguments], standalone_mode=False)


@pytest.fixture
def request_file(tmp_path: Path) -> str:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    return str(path)


def test_a_request(request_file: str) -> None:
    result = run("--from", "anthropic", "--to", "openai-chat", request_file, "--model", "gpt")
    body = json.loads(result.stdout)
    assert body["model"] == "gpt"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert result.stderr == "dropped: top_k\n"
    assert result.return_value == 0


def test_strict_says_that_something_is_lost(request_file: str) -> None:
    assert run("--from", "anthropic", "--to", "openai-chat", "--strict", request_file).return_value == 1
    assert run("--from", "anthropic", "--to", "bedrock", "--strict", request_file).return_value == 1


def test_as_json(request_file: str) -> None:
    found = json.loads(run("--from", "anthropic", "--to", "gemini", "--json", request_file).stdout)
    assert found["result"]["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert found["dropped"] == []


def test_an_answer_and_a_stream(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    whole, stream = tmp_path / "answer.json", tmp_path / "stream.txt"
    whole.write_text(json.dumps(chat.whole(asked)))
    stream.write_bytes(b"".join(chat.events(asked)))
    answer = json.loads(run("--from", "openai-chat", "--to", "anthropic", "--kind", "answer", str(whole)).stdout)
    assert answer["content"][0]["text"] == "One two three."
    events = run("--from", "openai-chat", "--to", "anthropic", "--kind", "stream", str(stream)).stdout
    assert events.startswith("event: message_start\n")
    assert "event: message_stop" in events


def test_quirks_of_a_provider(request_file: str) -> None:
    options = ("--from", "anthropic", "--to", "openai-chat", request_file, "--provider")
    assert json.loads(run(*options, "mistral").stdout)["max_tokens"] == 50
    assert json.loads(run(*options, "openai").stdout)["max_completion_tokens"] == 50
    assert "there is no provider `nobody`" in str(run(*options, "nobody").exception)


def test_what_is_no_request_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("{}")
    assert "is missing" in str(run("--from", "anthropic", "--to", "gemini", str(path)).exception)
