from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from ajar.cli.eval.options import asking

KEYS = ("--api-key", "--against-api-key", "--judge-api-key")


def given(*arguments: str) -> Any:
    found: dict[str, Any] = {}

    @click.command()
    @asking
    def command(**options: Any) -> None:
        found.update(options)

    ran = CliRunner().invoke(command, arguments)
    return found if ran.exit_code == 0 else ran.output


@pytest.mark.parametrize("option", KEYS)
def test_of_a_key_only_the_variables_name_is_kept(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-hidden")
    assert given(option, "env:MY_KEY")[option[2:].replace("-", "_")] == "MY_KEY"
    monkeypatch.delenv("MY_KEY")
    assert "the environment variable MY_KEY is not set" in given(option, "env:MY_KEY")
    told = given(option, "sk-hidden")
    assert "write env:NAME" in told
    assert "sk-hidden" not in told


def test_what_else_there_is_to_say_of_asking() -> None:
    options = given("--judge-base-url", "http://h/v1", "--breaker", "0")
    assert (options["judge_base_url"], options["breaker"]) == ("http://h/v1", 0)
    assert given()["breaker"] == 10
