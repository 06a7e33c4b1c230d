"""The picture in the README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def test_it_shows_both_rollouts_and_says_so_in_words() -> None:
    root = ElementTree.fromstring((ROOT / "docs" / "swap.svg").read_text())
    words = root.get("aria-label") or ""
    assert "promoted" in words
    assert "rolled back" in words
    assert len(root.findall(f"{SVG}polyline")) == 4
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")
    assert "docs/swap.svg" in (ROOT / "README.md").read_text()


def test_what_is_drawn_stays_in_its_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "picture"))
    from drawing import HEIGHT, WIDTH, Panel, Point, draw  # type: ignore[import-not-found]

    points = [Point(0, 5, 1, 1), Point(30, 5, 1e9, 1e-9), Point(90, 50, 1e-9, 1e9)]
    panels = [Panel("a → b & c", "went <well>", True, points, 40, 20), Panel("x", "y", False, points[:1], 20, 20)]
    root = ElementTree.fromstring(draw(panels, 'what "it" shows'))
    for line in root.findall(f"{SVG}polyline"):
        for place in (line.get("points") or "").split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert next(text.text for text in root.findall(f"{SVG}text")) == "a → b & c"
    sys.modules.pop("drawing", None)
