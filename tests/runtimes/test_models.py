from __future__ import annotations

from pathlib import Path

import pytest

from ajar.errors import ConfigError
from ajar.runtimes import models


def test_both_checkpoints_are_shipped_and_small() -> None:
    shipped = models.shipped()
    assert {"ajar-triage-v1", "ajar-triage-v2"} <= shipped.keys()
    for name in ("ajar-triage-v1", "ajar-triage-v2"):
        assert shipped[name].read_bytes()[:4] == b"GGUF"
        assert shipped[name].stat().st_size <= 3_500_000


def test_a_shipped_name_is_found_from_anywhere(tmp_path: Path) -> None:
    assert models.resolve("ajar-triage-v1", tmp_path) == models.shipped()["ajar-triage-v1"]


def test_a_path_starts_at_the_configs_folder(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_text("")
    assert models.resolve("own.gguf", tmp_path) == tmp_path / "own.gguf"
    assert models.resolve("./own.gguf", tmp_path) == tmp_path / "own.gguf"
    assert models.resolve(str(tmp_path / "own.gguf"), Path("/")) == tmp_path / "own.gguf"


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.gguf").write_text("")
    assert models.resolve("~/own.gguf", Path("/")) == tmp_path / "own.gguf"


def test_an_unknown_name_gets_the_nearest_and_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        models.resolve("ajar-triage-v3", tmp_path)
    [problem] = caught.value.problems
    assert 'no model is called "ajar-triage-v3"; did you mean "ajar-triage-v' in problem
    assert '("ajar-triage-v1", "ajar-triage-v2")' in problem


def test_a_missing_file_is_named_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        models.resolve("sub/own.gguf", tmp_path)
    [problem] = caught.value.problems
    assert f"there is no file {tmp_path}/sub/own.gguf" in problem
    assert '"ajar-triage-v2"' in problem


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").mkdir()
    assert models.find("own.gguf", tmp_path) is None
