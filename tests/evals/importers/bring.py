"""Importing, writing and loading in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import ConfigError
from ajar.evals import importers
from ajar.evals.suite.load import load
from ajar.evals.suite.write import write

if TYPE_CHECKING:
    from ajar.evals.suite.suite import Suite

DATA = Path(__file__).resolve().parents[2] / "data" / "evals"


def bring(kind: str, path: Path, folder: Path, *, allow_code: bool = False) -> tuple[dict[str, Any], list[str], Suite]:
    """The imported suite, what was lost (without the folder), and the suite as it loads."""
    imported = importers.read(kind, path, allow_code=allow_code)
    write(imported.suite, folder / "imported.yaml", force=True)
    return imported.suite, _short(imported.lost, path), load(folder / "imported.yaml")


def refused(kind: str, path: Path, *, allow_code: bool = False) -> list[str]:
    """Why the file cannot be imported."""
    with pytest.raises(ConfigError) as caught:
        importers.read(kind, path, allow_code=allow_code)
    return _short(caught.value.problems, path)


def _short(sentences: list[str], path: Path) -> list[str]:
    return [sentence.replace(f"{path.parent}/", "") for sentence in sentences]
