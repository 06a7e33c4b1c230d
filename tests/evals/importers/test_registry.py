from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConfigError
from ajar.evals import importers

if TYPE_CHECKING:
    from pathlib import Path


def test_the_names_are_those_of_the_tools() -> None:
    assert {"promptfoo", "openai-evals", "inspect", "pydantic-evals"} == importers.NAMES


def test_an_unknown_one_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`promptfu` is no format that can be imported; did you mean `promptfoo`\?"):
        importers.read("promptfu", tmp_path)


@pytest.mark.parametrize("kind", sorted(importers.NAMES))
def test_files_that_are_not_there_or_hold_nothing(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        importers.read(kind, tmp_path / "gone")
    (tmp_path / "empty").write_text("")
    with pytest.raises(ConfigError):
        importers.read(kind, tmp_path / "empty")
    with pytest.raises(ConfigError, match="directory"):
        importers.read(kind, tmp_path)


def test_nothing_of_a_foreign_file_can_be_run() -> None:
    for name in ("registry", "draft", "rows", "promptfoo.config", "promptfoo.files", "promptfoo.template"):
        module = import_module(f"ajar.evals.importers.{name}")
        assert not {"subprocess", "importlib", "jinja2", "os"} & vars(module).keys()
