"""What a model takes, by its name."""

from __future__ import annotations

import pytest

from ajar.wire.gemini.model import Ways, ways_of


@pytest.mark.parametrize(
    ("model", "ways"),
    [
        ("gemini-1.5-pro", Ways()),
        ("gemini-2.0-flash", Ways()),
        ("gemini-2.5-pro", Ways(budgets=(128, 32768))),
        ("publishers/google/models/gemini-2.5-flash-lite-preview-09-2025", Ways(budgets=(0, 24576))),
        ("gemini-3-pro-preview", Ways(("LOW", "HIGH"), new=True)),
        ("gemini-3.1-pro-preview", Ways(("LOW", "MEDIUM", "HIGH"), new=True)),
        ("models/gemini-3-flash-preview", Ways(("MINIMAL", "LOW", "MEDIUM", "HIGH"), new=True)),
        ("gemini-3.1-flash-image", Ways(("MINIMAL", "HIGH"), new=True)),
        ("gemini-3.7-flash", Ways(("LOW", "MEDIUM", "HIGH"), new=True)),
        ("gemini-flash-latest", Ways(("LOW", "MEDIUM", "HIGH"), new=True)),
        ("my-endpoint", Ways(("LOW", "MEDIUM", "HIGH"), new=True)),
    ],
)
def test_ways_of(model: str, ways: Ways) -> None:
    assert ways_of(model) == ways
