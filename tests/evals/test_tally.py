"""From samples to what they say: whatever their order, and whatever is missing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from ajar.evals.tally import tally
from ajar.evidence.compare import compare
from ajar.evidence.proportion import wilson
from evals.hand import AIMS, about, failure, sample, suite

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.result import Metric, Result
    from ajar.evals.sample import Sample

CASES = 40


def metric(result: Result, name: str) -> Metric:
    return next(found for found in result.metrics if found.name == name)


def samples(repeats: int = 1) -> list[Sample]:
    chance = random.Random(3)
    return [
        sample(case, arm, float(chance.random() < share), repeat)
        for case in range(CASES)
        for repeat in range(repeats)
        for arm, share in (("candidate", 0.9), ("baseline", 0.6))
    ]


def test_the_numbers_are_those_of_the_evidence(tmp_path: Path) -> None:
    given = samples()
    result, _ = tally(suite(tmp_path, CASES), about(CASES), AIMS, given)
    ours = np.array([one.scores["right"].value for one in given if one.arm == "candidate"])
    theirs = np.array([one.scores["right"].value for one in given if one.arm == "baseline"])
    found = metric(result, "right")
    assert found.binary
    assert found.comparison == compare(ours, theirs, 0.95, single=True, bounds=(0, 1))
    assert found.candidate == wilson(ours.sum(), CASES, 0.95)
    assert metric(result, "passed").comparison == found.comparison


@pytest.mark.parametrize("repeats", [1, 3])
def test_the_order_of_the_samples_changes_nothing(tmp_path: Path, repeats: int) -> None:
    given = samples(repeats)
    for number, one in enumerate(given):
        assert one.answer is not None
        given[number] = msgspec.structs.replace(
            one, answer=msgspec.structs.replace(one.answer, cost_usd=0.1 / (number + 1))
        )
    first = tally(suite(tmp_path, CASES), about(CASES, repeats), AIMS, given)
    for seed in range(5):
        random.Random(seed).shuffle(given)
        again = tally(suite(tmp_path, CASES), about(CASES, repeats), AIMS, given)
        assert msgspec.json.encode(again) == msgspec.json.encode(first)


def test_repeats_are_one_case(tmp_path: Path) -> None:
    result, _ = tally(suite(tmp_path, CASES), about(CASES, 3), AIMS, samples(3))
    compared = metric(result, "right").comparison
    assert compared is not None
    assert (compared.n, compared.method) == (CASES, "t")


def test_clusters_are_what_is_independent(tmp_path: Path) -> None:
    clustered = suite(tmp_path, CASES, case="cluster: c{number}")
    shared = suite(tmp_path / "x", CASES, case="cluster: all")
    many = metric(tally(clustered, about(CASES), AIMS, samples())[0], "right").comparison
    one = metric(tally(shared, about(CASES), AIMS, samples())[0], "right").comparison
    assert many is not None
    assert one is not None
    assert (many.clusters, many.method) == (CASES, "clustered-t")
    assert one.clusters == 1
    assert one.limited


def test_a_case_without_its_answer_is_no_case(tmp_path: Path) -> None:
    given = [one for one in samples() if (one.case, one.arm) != (7, "baseline")] + [failure(7, "baseline")]
    result, _ = tally(suite(tmp_path, CASES), about(CASES), AIMS, given)
    found = metric(result, "passed")
    assert found.comparison is not None
    assert found.candidate is not None
    assert (found.comparison.n, found.candidate.n) == (CASES - 1, CASES)
    assert result.arms["baseline"].errors == {"upstream_500": 1}
    assert result.arms["baseline"].samples == CASES


def test_a_check_that_could_not_be_judged_is_an_error_and_no_miss(tmp_path: Path) -> None:
    given = [sample(case, "candidate", None if case == 2 else 1.0) for case in range(4)]
    result, _ = tally(suite(tmp_path), about(4), {"candidate": AIMS["candidate"]}, given)
    found = metric(result, "passed").candidate
    assert found is not None
    assert (found.n, found.mean) == (3, 1.0)
    assert result.arms["candidate"].errors == {"check_right": 1}


def test_fractions_are_not_taken_for_shares(tmp_path: Path) -> None:
    given = [sample(case, arm, case / 40) for case in range(CASES) for arm in AIMS]
    result, _ = tally(suite(tmp_path, CASES), about(CASES), AIMS, given)
    found = metric(result, "right")
    assert not found.binary
    assert found.comparison is not None
    assert found.comparison.method == "t"


def test_money_and_tokens_add_up_and_what_is_unknown_is_counted(tmp_path: Path) -> None:
    given = [sample(case, "candidate", cost_usd=None if case == 3 else 0.1) for case in range(4)]
    result, timing = tally(suite(tmp_path), about(4), {"candidate": AIMS["candidate"]}, given)
    arm = result.arms["candidate"]
    assert (arm.cost_usd, arm.cost_unknown) == (0.3, 1)
    assert arm.usage.input_tokens == 10 + 11 + 12 + 13
    assert arm.usage.reasoning_output_tokens is None
    latency = timing.metrics[0]
    assert latency.candidate is not None
    assert (latency.name, latency.candidate.mean, latency.better) == ("latency_ms", 101.5, "down")
    assert "latency_ms" not in {found.name for found in result.metrics}


def test_each_tag_on_its_own(tmp_path: Path) -> None:
    tagged = suite(tmp_path, 4, case="tags: [t{number}]")
    result, _ = tally(tagged, about(4), AIMS, [sample(case, arm) for case in range(4) for arm in AIMS])
    assert [(tag.tag, tag.cases) for tag in result.tags] == [("t0", 1), ("t1", 1), ("t2", 1), ("t3", 1)]
    assert {found.name for found in result.tags[0].metrics} == {"passed", "right"}


def test_both_arms_have_the_same_bins(tmp_path: Path) -> None:
    given = [sample(case, arm, latency_ms=10.0 * case + 5) for case in range(4) for arm in AIMS]
    _, timing = tally(suite(tmp_path), about(4), AIMS, given)
    one, other = (spread for spread in timing.spreads if spread.metric == "latency_ms")
    assert one.edges == other.edges
    assert sum(one.counts) == sum(other.counts) == 4
    assert one.quantiles["0.5"] == 20.0
