"""The simulation behind docs/statistics.md, in its short form: the same cells, fewer runs, the same bands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import outcome
import pytest
import simulate
from cells import CONTINUOUS, Cell, cells
from click.testing import CliRunner
from outcome import Outcome, Shares

from doubles.pool import Pool

ROOT = Path(__file__).resolve().parents[2]
NAMES = [cell.name for cell in cells()]


def test_every_cell_keeps_its_bands() -> None:
    script = ROOT / "bench" / "evidence" / "simulate.py"
    done = subprocess.run([sys.executable, script, "--short"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every cell keeps its bands" in done.stdout


def judged(coverage: float, passed: float) -> Outcome:
    cell = Cell("group", "name", 200, 0.03, coverage=CONTINUOUS)
    return Outcome(cell, 10_000, Shares(covered=0.95), Shares(covered=coverage, passed=passed))


@pytest.mark.parametrize(
    ("coverage", "passed", "broken"),
    [
        (0.95, 0.025, []),
        (0.95, 0.0404, []),
        (0.95, 0.0407, ["false PASS at the margin 4.07%"]),
        (0.939, 0.025, ["coverage at the margin 93.90%"]),
        (0.961, 0.05, ["false PASS at the margin 5.00%", "coverage at the margin 96.10%"]),
    ],
)
def test_bands_are_those_of_the_docs(coverage: float, passed: float, broken: list[str]) -> None:
    assert judged(coverage, passed).broken() == broken


def test_the_short_form_leaves_room_for_chance() -> None:
    assert judged(0.935, 0.025).broken(slack=3.0) == []
    assert judged(0.93, 0.025).broken(slack=3.0)


def test_a_broken_band_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = next(iter(cells()))
    monkeypatch.setattr(simulate.multiprocessing, "Pool", Pool)
    # A method that passes whatever it sees.
    monkeypatch.setattr(simulate, "cells", lambda: iter([cell]))
    monkeypatch.setattr(simulate, "simulate", lambda *_: (Shares(covered=1), Shares(covered=1, passed=1)))
    done = CliRunner().invoke(simulate.main, ["--short"], catch_exceptions=False)
    assert done.exit_code == 1
    assert "1 break a band" in done.output


def test_the_same_seed_gives_the_same_shares() -> None:
    cell = next(cell for cell in cells() if cell.sizes is not None)
    assert outcome.simulate(cell, 40, 1) == outcome.simulate(cell, 40, 1)
    assert outcome.simulate(cell, 40, 1) != outcome.simulate(cell, 40, 2)


def _name(cell: Cell) -> str:
    return f"{cell.group}, {cell.name}, {cell.n}, {cell.margin}"


@pytest.mark.parametrize("cell", [cell for cell in cells() if cell.draw is not None and cell.n <= 200], ids=_name)
def test_the_truth_is_what_a_cell_says(cell: Cell) -> None:
    assert cell.draw is not None
    rng = np.random.default_rng(1)
    for mean in (0.0, -cell.margin):
        means = cell.draw(rng, 1000, cell.n, mean).mean(axis=1)
        error = means.std() / np.sqrt(len(means))
        assert abs(means.mean() - mean) <= 4.5 * error + 1e-12


def test_the_docs_show_every_cell() -> None:
    page = (ROOT / "docs" / "statistics.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.endswith(" kept |")]
    assert [row[0] for row in rows if len(row) == len(simulate.HEADS)] == NAMES
