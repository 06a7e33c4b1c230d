"""A trial over its epochs: what it counts, replays, and concludes."""

from __future__ import annotations

import math
import random
from itertools import product

import msgspec
import pytest

from ajar.evidence.live.measure import Measure
from ajar.evidence.live.observed import Observed
from ajar.evidence.live.trial import Trial

SOLVED = Measure("solved", "bounded", "primary", margin=0.03)
MEASURES = (
    SOLVED,
    Measure("valid", "bounded", "guard", margin=0.05),
    Measure("cost", "mean", "guard", "down", margin=0.2),
    Measure("slow", "quantile", "guard", "down", margin=0.5, quantile=0.9),
    Measure("tokens", "mean", "guard", "down"),
)


def units(rng: random.Random, count: int, percent: float, start: int = 0) -> list[Observed]:
    found = []
    for at in range(count):
        solved = None if rng.random() < 0.2 else float(rng.random() < 0.9)
        values = (solved, rng.random(), rng.lognormvariate(0, 1), rng.lognormvariate(0, 1), rng.random())
        found.append(Observed(start + at, f"u{at}", rng.random() < percent / 100, values))
    return found


def feed(trial: Trial, observed: list[Observed]) -> None:
    for each in observed:
        trial.assigned(each.candidate)
        trial.add(each)


def test_it_counts_units_and_values() -> None:
    trial, rng = Trial(MEASURES, 0.05), random.Random(1)
    trial.begin_epoch(5)
    first = units(rng, 400, 5)
    feed(trial, first)
    trial.begin_epoch(25)
    second = units(rng, 300, 25, 1000)
    feed(trial, second)
    trial.assigned(candidate=True)
    look = trial.look()
    ours = [each for each in second if each.candidate]
    assert (look.epoch, look.percent) == (2, 25)
    assert (look.candidate_units, look.control_units) == (len(ours), 300 - len(ours))
    assert look.candidate_units_ever == len(ours) + sum(each.candidate for each in first)
    # What was assigned counts at once, in this epoch.
    assert (look.sample_ratio.candidate, look.sample_ratio.control) == (len(ours) + 1, 300 - len(ours))
    assert not look.sample_ratio.mismatch
    solved = look.standings[0]
    assert solved.candidate_n == sum(each.candidate and each.values[0] is not None for each in first + second)
    assert [each.rollback_at for each in look.standings] == pytest.approx([40, 120, 120, 120, None])
    assert [each.promote_at for each in look.standings] == [20, 20, 20, 20, None]


def test_a_wrong_share_is_a_mismatch() -> None:
    trial = Trial((SOLVED,), 0.05)
    trial.begin_epoch(5)
    for at in range(3000):
        trial.assigned(at % 10 == 0)
    assert trial.look().sample_ratio.mismatch


@pytest.mark.parametrize("encoding", [msgspec.msgpack, msgspec.json])
def test_it_goes_on_from_its_state_with_the_same_numbers(encoding) -> None:
    rng, trial = random.Random(2), Trial(MEASURES, 0.05)
    kept = Trial(MEASURES, 0.05)
    for epoch, percent in enumerate((10, 50)):
        for each in (trial, kept):
            each.begin_epoch(percent)
        for at, each in enumerate(units(rng, 500, percent, 10_000 * epoch)):
            for one in (trial, kept):
                one.assigned(each.candidate)
                one.add(each)
            if at % 97 == 0:
                kept = encoding.decode(encoding.encode(kept), type=Trial)
    assert kept == trial
    assert kept.look() == trial.look()
    assert encoding.decode(encoding.encode(trial.look()), type=type(trial.look())) == trial.look()


def test_looking_changes_nothing() -> None:
    rng, often, never = random.Random(3), Trial(MEASURES, 0.05), Trial(MEASURES, 0.05)
    for trial in (often, never):
        trial.begin_epoch(20)
    for each in units(rng, 400, 20):
        often.add(each)
        often.look()
        never.add(each)
    often.begin_epoch(50)
    never.begin_epoch(50)
    assert often == never


@pytest.mark.parametrize("after", [(4, "z"), (5, "a"), (5, "b")])
def test_units_come_in_order(after: tuple[int, str]) -> None:
    trial = Trial((SOLVED,), 0.05)
    trial.begin_epoch(50)
    trial.add(Observed(5, "b", True, (1.0,)))
    trial.add(Observed(5, "c", True, (1.0,)))
    with pytest.raises(ValueError, match="comes after c of 5"):
        trial.add(Observed(*after, False, (1.0,)))


def test_a_measure_too_many_is_refused() -> None:
    trial = Trial((SOLVED,), 0.05)
    trial.begin_epoch(50)
    with pytest.raises(ValueError, match="zip"):
        trial.add(Observed(1, "a", True, (1.0, 0.0)))


def test_no_trial_without_alpha_or_with_two_primaries() -> None:
    with pytest.raises(ValueError, match="alpha"):
        Trial((SOLVED,), 1.5)
    with pytest.raises(ValueError, match="primary"):
        Trial((SOLVED, SOLVED), 0.05)


# Assignments of ten units, `|` where another epoch begins; c is the candidate's.
@pytest.mark.parametrize("arms", ["kckkckcckc", "ckckc|kkckc", "kkkcc|ckkck", "cccck|kkkkc"])
@pytest.mark.parametrize("theta", [0.1, 0.5, 0.9, 1.0])
def test_over_all_outcomes_equal_arms_make_no_evidence(arms: str, theta: float) -> None:
    measure = Measure("solved", "bounded", "primary", margin=0.1)
    worse = proof = 0.0
    for outcome in product((0.0, 1.0), repeat=10):
        trial, at, equal, lower = Trial((measure,), 0.05), 0, 1.0, 1.0
        trial.begin_epoch(50)
        for arm in arms:
            if arm == "|":
                trial.begin_epoch(33)
                continue
            value = outcome[at]
            trial.add(Observed(at, "u", arm == "c", (value,)))
            chance = theta - 0.1 if arm == "c" else theta
            equal *= theta if value else 1 - theta
            lower *= chance if value else 1 - chance
            at += 1
        standing = trial.look().standings[0]
        assert standing.rollback_e is not None
        assert standing.promote_e is not None
        worse += equal * standing.rollback_e
        proof += lower * standing.promote_e
    assert worse == pytest.approx(1)
    assert proof == pytest.approx(1)


def test_evidence_of_epochs_multiplies() -> None:
    rng = random.Random(4)
    first, second = units(rng, 400, 20), units(rng, 400, 20, 10_000)
    trial = Trial((SOLVED,), 0.05)
    path = []
    for part in (first, second):
        trial.begin_epoch(20)
        for each in part:
            trial.add(each._replace(values=each.values[:1]))
        path.append(trial.look().standings[0])
    # The second epoch's own factor, from a trial that knows the first one's blocks but not its evidence.
    again = Trial((SOLVED,), 0.05)
    again.begin_epoch(20)
    for each in first:
        again.add(each._replace(values=each.values[:1]))
    again.tracks[0].betting.log_worse = 0.0
    again.begin_epoch(20)
    for each in second:
        again.add(each._replace(values=each.values[:1]))
    alone = again.look().standings[0]
    assert path[1].rollback_e == pytest.approx(path[0].rollback_e * alone.rollback_e)
    assert path[1].promote_e == alone.promote_e


def test_the_future_changes_no_past_look() -> None:
    rng = random.Random(5)
    past, one, other = units(rng, 300, 30), units(rng, 50, 30, 10_000), units(rng, 50, 30, 10_000)

    def looks(future: list[Observed]) -> list[object]:
        trial, found = Trial(MEASURES, 0.05), []
        trial.begin_epoch(30)
        for each in past + future:
            trial.add(each)
            found.append(trial.look())
        return found[: len(past)]

    assert looks(one) == looks(other)


def test_no_evidence_overflows() -> None:
    trial = Trial((SOLVED, Measure("slow", "quantile", "guard", "down", quantile=0.5)), 0.05)
    trial.begin_epoch(50)
    for at in range(8000):
        candidate = at % 2 == 1
        trial.add(Observed(at, "u", candidate, (0.0 if candidate else 1.0, 9.0 if candidate else 1.0)))
    look = trial.look()
    assert all(each.harmful and math.isfinite(each.rollback_e) for each in look.standings)
    assert msgspec.json.decode(msgspec.json.encode(look), type=type(look)) == look
