"""Zeros and lowest points."""

from __future__ import annotations

import math

import pytest

from ajar.evidence.live.search import lowest, root


def test_roots() -> None:
    assert root(lambda x: x * x - 2, 0, 2) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert root(lambda x: 2 - x * x, 0, 2) == pytest.approx(math.sqrt(2), rel=1e-15)


def test_lowest_points() -> None:
    assert lowest(lambda x: (x - 0.3) ** 2, -1, 5) == pytest.approx(0.3, abs=1e-7)
    assert lowest(lambda x: x, 0, 1) == pytest.approx(0, abs=1e-8)
    assert lowest(lambda x: -x, 0, 1) == pytest.approx(1, abs=1e-8)
