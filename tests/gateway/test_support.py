"""The support matrix in the docs is what the gateway does, and nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doubles.scripted.server import ScriptedModel
from gateway import support
from gateway.formats import config

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from doubles.service import Service

_PAGE = Path(__file__).resolve().parents[2] / "docs/support.md"


def test_the_page_is_what_the_gateway_does(serve: Callable[..., Service], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    with ScriptedModel() as model:
        found = support.table(serve(config(model.url)), model)
    assert not [line for line in found if "LOST" in line]
    page = [line for line in _PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    assert page == found, "make support writes the page anew"
