"""The simulation behind docs/live-statistics.md, in its short form: the same cells, fewer runs, the same targets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import simulate_live
from beside import Beside
from catalogue import cells
from cell import ENDS, Cell, limit
from click.testing import CliRunner
from crowds import Crowd, steady
from from_records import PLAN, Journal
from guarded import Guarded
from ladder import Plan, climb
from others import Arm, arms, tensorzero, z_test
from recorded import EXPERIMENT, names, play
from rollouts import LADDER, Rollout
from slower import Slower
from speed import Speed

from ajar.evidence.assign import place
from ajar.evidence.live.measure import Measure
from doubles.pool import Pool

ROOT = Path(__file__).resolve().parents[4]
CELLS = list(cells())


def test_every_cell_meets_its_target() -> None:
    script = ROOT / "bench" / "evidence" / "live" / "simulate_live.py"
    done = subprocess.run([sys.executable, script, "--short"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every target is met" in done.stdout


def test_a_missed_target_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_live.multiprocessing, "Pool", Pool)
    # A rollout that is always rolled back.
    monkeypatch.setattr(simulate_live, "cells", lambda: iter(CELLS[:1]))
    monkeypatch.setattr(Rollout, "run", lambda *_: (float(ENDS.index("roll_back")), 10.0, 0.0, 0.0))
    done = CliRunner().invoke(simulate_live.main, ["--short"], catch_exceptions=False)
    assert done.exit_code == 1
    assert "1 miss a target" in done.output
    assert "missed" in done.output


def cell(kind: type[Cell], at: int = 0) -> Cell:
    return [each for each in CELLS if type(each) is kind][at]


def lines(runs: int, *wrong: float, of: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)) -> np.ndarray:
    """As many lines of `of`, the first 100 of which are `wrong`."""
    found = np.tile(np.array(of[: len(wrong)]), (runs, 1))
    found[:100] = wrong
    return found


ROLLED, PROMOTED = float(ENDS.index("roll_back")), float(ENDS.index("promote"))


@pytest.mark.parametrize(
    ("which", "wrong"),
    [
        (cell(Rollout), (ROLLED, 0.0, 0.0, 0.0)),
        (next(each for each in CELLS if isinstance(each, Rollout) and each.loss), (PROMOTED, 0.0, 0.0, 0.0)),
        (cell(Journal), (ROLLED, 0.0)),
        (next(each for each in CELLS if isinstance(each, Journal) and each.loss), (PROMOTED, 0.0)),
        (cell(Guarded), (ROLLED, 0.0)),
        (cell(Guarded, 1), (PROMOTED, 0.0)),
        (cell(Speed), (ROLLED, 0.0)),
        (cell(Slower), (1.0, 0.0)),
    ],
    ids=lambda value: f"{value.group}, {value.name}" if isinstance(value, Cell) else None,
)
def test_wrong_is_what_the_docs_say_and_has_a_limit(which: Cell, wrong: tuple[float, ...]) -> None:
    assert limit(2_000) == pytest.approx(0.0646, abs=1e-4)
    assert which.row(lines(2_000, *wrong), 1.0)[1]  # 5%
    assert not which.row(lines(1_200, *wrong), 1.0)[1]  # 8.3%


def test_a_median_above_what_is_asked_is_missed() -> None:
    asked = next(each for each in CELLS if isinstance(each, Speed) and each.most == 70)
    for median, room, kept in ((70.0, 1.0, True), (71.0, 1.0, False), (71.0, 1.5, True)):
        assert asked.row(np.tile([ROLLED, median], (1_000, 1)), room)[1] is kept


def test_a_rule_that_is_not_what_was_measured_is_missed() -> None:
    which = cell(Beside)
    assert isinstance(which, Beside)
    for share, kept in ((which.measured, True), (which.measured + 0.03, False)):
        named = (np.arange(2_000) < share * 2_000).astype(float)
        assert which.row(np.stack([named, 0 * named, 0 * named], axis=1), 1.0)[1] is kept


def test_the_same_seed_gives_the_same_runs_in_whatever_pieces() -> None:
    at = next(at for at, each in enumerate(CELLS) if isinstance(each, Journal))
    _, whole = simulate_live.chunk((at, 0, 4, 1))
    parts = [simulate_live.chunk((at, first, first + 2, 1))[1] for first in (0, 2)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert not np.array_equal(whole, simulate_live.chunk((at, 0, 4, 2))[1])


@pytest.mark.parametrize("loss", [0.0, 0.05, 0.1, 0.15])
def test_records_and_bare_units_come_to_the_same_end(loss: float) -> None:
    rng = np.random.default_rng(3)
    units = names(rng, 1_500)
    hits = [Crowd().hits(rng, steady(0.95 - of)(rng, 1_500)).tolist() for of in (0.0, loss)]
    bare = Plan((Measure("error", "bounded", "primary", margin=0.03),), PLAN.steps, PLAN.min_units, every=PLAN.every)
    values = [[(float(value),) for value in arm] for arm in hits]
    end = climb(bare, [place(EXPERIMENT, unit) for unit in units], *values)
    assert play(PLAN, units, hits, 1, 0, None) == end
    assert (end[0] == "roll_back") == (loss > 0)


def test_the_incumbents_past_is_not_in_the_experiment() -> None:
    rng = np.random.default_rng(3)
    units = names(rng, 700)
    hits = [[1] * 300 + Crowd().hits(rng, steady(0.7)(rng, 400)).tolist() for _ in "ab"]
    end = play(PLAN, units, hits, 1, 300, None)
    assert end == play(PLAN, units[300:], [arm[300:] for arm in hits], 1, 0, None)


def test_the_others_see_the_ladders_own_arms() -> None:
    places = np.random.default_rng(3).random(9_000)
    silent = [(None,)] * len(places)  # units that show nothing let each step have its dose and no more
    kind, units = climb(LADDER, places.tolist(), silent, silent)
    theirs = arms(LADDER, places)
    assert (kind, units) == ("none", theirs.sum())
    assert theirs[-1000:].mean() == pytest.approx(0.5, abs=0.05)


def by_hand(control: list[int], candidate: list[int]) -> float:
    """TensorZero's likelihood ratio over its threshold."""
    (n, mean, variance), (m, other, spread) = (
        (len(arm), np.mean(arm), max(np.var(arm, ddof=1), 1e-12)) for arm in (control, candidate)
    )
    ratio = (mean - other) ** 2 / (2 * (variance / n + spread / m))
    return float(ratio / np.log((1 + np.log(n + m)) / 0.05))


def test_tensorzeros_rule_is_its_formula() -> None:
    rng = np.random.default_rng(4)
    for _ in range(40):
        control, candidate = (rng.integers(0, 2, int(rng.integers(10, 40))).tolist() for _ in "ab")
        each = [Arm(*(np.array([float(of)]) for of in (len(arm), sum(arm), sum(arm)))) for arm in (control, candidate)]
        over = by_hand(control, candidate)
        expected = np.sign(np.mean(candidate) - np.mean(control)) if over > 1 else 0
        assert tensorzero(*each) == expected
    perfect, good = (Arm(*(np.array([float(of)]) for of in (n, hits, hits))) for n, hits in ((10, 10), (2_000, 1_900)))
    assert tensorzero(good, perfect) == 1  # ten successes of ten have no variance
    assert tensorzero(good, perfect, 30) == 0


def test_the_first_look_that_names_a_winner_counts() -> None:
    control = Arm(np.array([20.0, 40.0]), np.array([2.0, 36.0]), np.array([2.0, 36.0]))
    candidate = Arm(np.array([20.0, 40.0]), np.array([18.0, 20.0]), np.array([18.0, 20.0]))
    assert z_test(control, candidate) == 1


@pytest.mark.parametrize("crowd", [Crowd(), Crowd(5, 0.1), Crowd(20, 0.5)], ids=str)
def test_a_crowd_is_as_good_and_as_alike_as_it_says(crowd: Crowd) -> None:
    hits = crowd.hits(np.random.default_rng(5), np.full(40_000, 0.8)) / crowd.requests
    assert hits.mean() == pytest.approx(0.8, abs=0.01)
    assert hits.var() == pytest.approx(0.16 * (1 / crowd.requests + (1 - 1 / crowd.requests) * crowd.icc), rel=0.05)


def test_the_docs_show_every_cell_and_none_is_missed() -> None:
    page = (ROOT / "docs" / "live-statistics.md").read_text("utf-8")
    shown = page.partition("<!-- simulation: begin -->")[2]
    rows = [line.strip("| ").split(" | ") for line in shown.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows if row[0] != "---" and row not in [each.HEADS for each in CELLS]] == [
        each.name for each in CELLS
    ]
    assert "missed" not in shown
