"""That as many cases as are asked for do settle it, in four of five runs."""

from __future__ import annotations

import numpy as np
import pytest

from ajar.evidence.compare import compare
from ajar.evidence.verdict import decide

RUNS = 2000


def settled(runs: list[str], verdict: str) -> float:
    return runs.count(verdict) / len(runs)


@pytest.mark.parametrize(("shift", "verdict"), [(-0.005, "PASS"), (-0.06, "FAIL")])
def test_scores(shift: float, verdict: str) -> None:
    rng = np.random.default_rng(1)

    def run(n: int, exactly: bool = False):
        differences = rng.normal(0, 0.15, n)
        if exactly:
            differences = (differences - differences.mean()) / differences.std(ddof=1) * 0.15
        differences = np.clip(differences + shift, -1, 1)
        found = compare((1 + differences) / 2, (1 - differences) / 2, 0.95, single=False, bounds=(0, 1))
        return decide(found, 0.03)

    needed = run(60, exactly=True).needed
    assert needed is not None
    assert settled([run(needed).verdict for _ in range(RUNS)], verdict) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("wins", "losses", "n", "verdict"),
    [(4, 4, 80, "PASS"), (0, 0, 60, "PASS"), (2, 10, 80, "FAIL"), (20, 21, 100, "PASS")],
)
def test_passes_and_fails(wins: int, losses: int, n: int, verdict: str) -> None:
    rng = np.random.default_rng(1)

    def run(won: int, lost: int, of: int):
        ours = np.repeat([1.0, 0.0, 1.0], [won, lost, of - won - lost])
        theirs = np.repeat([0.0, 1.0, 1.0], [won, lost, of - won - lost])
        return decide(compare(ours, theirs, 0.95, single=True), 0.03)

    found = run(wins, losses, n)
    assert found.verdict == "INCONCLUSIVE"
    assert found.needed is not None
    counts = rng.multinomial(found.needed, [wins / n, losses / n, 1 - (wins + losses) / n], size=400)
    share = settled([run(int(won), int(lost), found.needed).verdict for won, lost, _ in counts], verdict)
    assert share == 1.0 if wins + losses == 0 else share == pytest.approx(0.8, abs=0.08)


def test_repeats_that_never_differ() -> None:
    found = decide(compare(np.ones(60), np.ones(60), 0.95, single=False, bounds=(0, 1)), 0.03)
    assert found.needed is not None

    def again(n: int) -> str:
        return decide(compare(np.ones(n), np.ones(n), 0.95, single=False, bounds=(0, 1)), 0.03).verdict

    assert (again(found.needed - 1), again(found.needed)) == ("INCONCLUSIVE", "PASS")


def test_it_takes_enough_clusters_too() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.01, 200)
    found = decide(compare(values, np.zeros(200), 0.95, single=False, clusters=np.arange(200) % 5), 0.03)
    # On a scale without ends, clusters count as cases do elsewhere.
    assert found.needed == 600 * 40
    assert found.why.endswith("about 24,000 cases in 600 clusters would settle it")
    scored = decide(
        compare(0.5 + values, np.full(200, 0.5), 0.95, single=False, clusters=np.arange(200) % 5, bounds=(0, 1)), 0.5
    )
    assert scored.needed == 400


def test_an_unknown_scale_takes_cases_that_differ() -> None:
    ours = np.zeros(300)
    assert decide(compare(ours + 5, ours + 5, 0.95, single=False), 1.0).needed is None
    ours[:4] = [1, -1, 1, -1]
    # What differs is a difference unlike the others, whether or not the others are ties.
    found = decide(compare(ours, np.zeros(300), 0.95, single=False), 1.0)
    assert found.needed == 768
    assert decide(compare(ours + 5, np.zeros(300), 0.95, single=False), 1.0).needed == 768
    rng = np.random.default_rng(1)

    def again() -> str:
        chance = rng.random(768) < 4 / 300
        differing = np.where(chance, rng.choice([-1.0, 1.0], 768), 0.0)
        return decide(compare(differing, np.zeros(768), 0.95, single=False), 1.0).verdict

    assert settled([again() for _ in range(RUNS)], "PASS") == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("ours", "theirs", "verdict"), [(4, 40, "PASS"), (40, 4, "FAIL")])
def test_what_is_always_the_same_on_an_unknown_scale_takes_600_cases(ours: int, theirs: int, verdict: str) -> None:
    def run(n: int):
        return decide(compare(np.full(n, ours), np.full(n, theirs), 0.95, single=False), 1.0, "down", unit="tokens")

    assert run(1).needed is None
    assert run(5).needed == run(599).needed == 600
    assert run(599).verdict == "INCONCLUSIVE"
    assert run(600).verdict == verdict


def test_scores_take_cases_enough_for_what_is_not_seen() -> None:
    rng = np.random.default_rng(1)

    def run(n: int):
        differences = rng.normal(0, 0.02, n)
        return decide(compare((1 + differences) / 2, (1 - differences) / 2, 0.95, single=False, bounds=(0, 1)), 0.01)

    needed = run(100).needed
    assert needed is not None
    assert 369 <= needed <= 500
    assert settled([run(needed).verdict for _ in range(400)], "PASS") >= 0.75


def lone(n: int, rng: np.random.Generator, slow: int | None = None) -> np.ndarray:
    """Milliseconds of which one in 200 is much slower; exactly so many where it is said."""
    hit = np.arange(n) < slow if slow is not None else rng.random(n) < 1 / 200
    return rng.normal(0, 10, n) + hit * rng.uniform(100, 140, n)


def test_a_few_slow_cases_take_enough_of_their_kind() -> None:
    rng = np.random.default_rng(3)
    found = compare(lone(600, rng, 3), np.zeros(600), 0.95, single=False)
    ruling = decide(found, 10, "down", unit="ms")
    assert ruling.verdict == "INCONCLUSIVE"
    assert "cases stand out as much worse, too few to tell" in ruling.why
    assert ruling.needed is not None
    assert 1200 < ruling.needed <= 2100

    def again() -> str:
        assert ruling.needed is not None
        slower = compare(lone(ruling.needed, rng), np.zeros(ruling.needed), 0.95, single=False)
        return decide(slower, 10, "down", unit="ms").verdict

    assert settled([again() for _ in range(400)], "PASS") >= 0.75


def test_scores_take_clusters_enough_for_what_is_not_seen() -> None:
    rng = np.random.default_rng(1)

    def run(count: int):
        shared = np.repeat(rng.normal(0, 0.02, count), 5)
        differences = shared + rng.normal(0, 0.02, 5 * count)
        ours, theirs = (1 + differences) / 2, (1 - differences) / 2
        return decide(
            compare(ours, theirs, 0.95, single=False, clusters=np.arange(5 * count) // 5, bounds=(0, 1)), 0.03
        )

    found = run(40)
    assert found.verdict == "INCONCLUSIVE"
    assert found.needed is not None
    clusters = -(-found.needed // 5)
    assert 123 <= clusters <= 150
    assert found.why.endswith(f"about {found.needed} cases in {clusters} clusters would settle it")
    assert settled([run(clusters).verdict for _ in range(400)], "PASS") >= 0.75
    assert settled([run(100).verdict for _ in range(400)], "PASS") <= 0.1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_lopsided_clusters_get_room_to_their_limit(seed: int) -> None:
    """At as many clusters as have a skew of the limit itself, half of the runs would have more, and be refused."""
    rng = np.random.default_rng(seed)
    effects = -rng.lognormal(0, 1, 250)
    differences = (effects - effects.mean())[:, None] + rng.normal(0, 1, (250, 5))

    def run(clusters: np.ndarray):
        values = differences[clusters].ravel()
        labels = np.repeat(np.arange(len(clusters)), 5)
        return decide(compare(values, np.zeros(len(values)), 0.95, clusters=labels, single=False), 0.5)

    found = run(np.arange(250))
    assert found.needed is not None
    again = [run(rng.integers(0, 250, round(found.needed / 5))).verdict for _ in range(100)]
    assert settled(again, "PASS") >= 0.75
