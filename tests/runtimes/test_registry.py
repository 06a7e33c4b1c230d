from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.model import Config
from ajar.runtimes.registry import DEFAULT_CONTEXT, RUNTIMES, launches
from ajar.upstream.providers import providers

if TYPE_CHECKING:
    from pathlib import Path


def _config(**deployments: dict[str, Any]) -> Config:
    return msgspec.convert({"deployments": deployments, "routes": {}}, Config)


def test_each_runtime_has_a_program_or_is_reached_and_a_row_that_says_how_it_is_spoken_to() -> None:
    for name, runtime in RUNTIMES.items():
        assert runtime.name == name
        assert name in providers()
        if runtime.program is not None:
            assert callable(importlib.import_module(runtime.program).main)


def test_only_what_is_ours_to_start_is_started(tmp_path: Path) -> None:
    config = _config(
        ours={"runtime": "llama.cpp", "model": "ajar-triage-v1"},
        theirs={"runtime": "llama.cpp", "model": "m", "base_url": "http://127.0.0.1:8080/v1"},
        other={"runtime": "vllm", "model": "m", "base_url": "http://127.0.0.1:8000/v1"},
        hosted={"provider": "openai", "model": "m"},
    )
    assert launches(config, tmp_path).keys() == {"ours"}


def test_a_shipped_model_gets_the_context_it_was_trained_with(tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_text("")
    config = _config(
        shipped={"runtime": "llama.cpp", "model": "ajar-triage-v1"},
        own={"runtime": "llama.cpp", "model": "own.gguf", "slots": 2, "threads": 3},
        set={"runtime": "llama.cpp", "model": "own.gguf", "context": 1000},
    )
    found = launches(config, tmp_path)
    assert found["shipped"].settings.context == 512
    assert found["shipped"].settings.alias == "ajar-triage-v1"
    assert found["own"].settings.context == DEFAULT_CONTEXT
    assert found["own"].settings.model == str(tmp_path / "own.gguf")
    assert (found["own"].settings.slots, found["own"].settings.threads) == (2, 3)
    assert found["set"].settings.context == 1000
    assert found["own"].command == (sys.executable, "-m", "ajar.runtimes.llama_cpp")


def test_equal_deployments_have_equal_launches(tmp_path: Path) -> None:
    row = {"runtime": "llama.cpp", "model": "ajar-triage-v1"}
    first, second = launches(_config(a=row), tmp_path)["a"], launches(_config(a=row), tmp_path)["a"]
    assert first == second
    assert hash(first) == hash(second)
    assert launches(_config(a={**row, "slots": 5}), tmp_path)["a"] != first


def test_a_model_that_is_gone_still_has_a_launch(tmp_path: Path) -> None:
    config = _config(a={"runtime": "llama.cpp", "model": "gone.gguf"})
    assert launches(config, tmp_path)["a"].settings.model == str(tmp_path / "gone.gguf")
