"""From samples to what they say: whatever their order, and whatever is missing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest

from ajar.domain.usage import Usage
from ajar.evals.sample import Judged
from ajar.evals.score import Score
from ajar.evals.suite.load import load
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


def test_what_some_samples_do_not_report_is_counted(tmp_path: Path) -> None:
    given = [
        sample(case, arm, usage=Usage(output_tokens=None if (case, arm) in {(0, "candidate"), (3, "candidate")} else 5))
        for case in range(CASES)
        for arm in AIMS
    ]
    result, timing = tally(suite(tmp_path, CASES), about(CASES), AIMS, given)
    found = metric(result, "output_tokens")
    assert (found.samples, found.missing) == (CASES, {"candidate": 2})
    assert found.comparison is not None
    assert found.comparison.n == CASES - 2
    assert [each.missing for each in (metric(result, "passed"), *timing.metrics)] == [{}, {}]


def test_a_check_is_missing_only_where_its_case_has_it(tmp_path: Path) -> None:
    # Every second case has a check of its own beside the suite's.
    own = [", checks: {short: {scorer: length, max: 9}}" if case % 2 else "" for case in range(4)]
    path = tmp_path / "suite.yaml"
    cases = "\n".join(f"  - {{input: q{case}, target: yes, tags: [t{case}]{own[case]}}}" for case in range(4))
    path.write_text(f"suite: s\nchecks: {{right: exact}}\ncases:\n{cases}\n")
    given: list[Sample] = []
    for case in range(4):
        for arm in AIMS:
            made = sample(case, arm)
            scores = {"right": Score(1.0), **({"short": Score(1.0, fields={"f": 1.0})} if case % 2 else {})}
            given.append(msgspec.structs.replace(made, scores=scores))
    result, _ = tally(load(path), about(4), AIMS, given)
    for name, samples in (("passed", 4), ("right", 4), ("short", 2), ("short.f", 2)):
        found = metric(result, name)
        assert (found.samples, found.missing) == (samples, {})
    assert [metric_.samples for metric_ in result.tags[1].metrics] == [1, 1, 1]
    scores = {"right": Score(1.0), "short": Score(1.0)}
    lacking = [*given[:-1], msgspec.structs.replace(given[-1], scores=scores)]
    assert metric(tally(load(path), about(4), AIMS, lacking)[0], "short.f").missing == {"baseline": 1}


def test_who_judged_and_what_that_took(tmp_path: Path) -> None:
    one = msgspec.structs.replace(
        sample(0, "candidate"), judged=Judged(calls=3, deployments={"j": 3}, models={"m": 3}, cost_usd=0.5)
    )
    other = msgspec.structs.replace(sample(1, "candidate"), judged=Judged(calls=3, models={"m": 3}, cost_unknown=3))
    arms = {"candidate": AIMS["candidate"]}
    arm = tally(suite(tmp_path), about(4), arms, [one, other])[0].arms["candidate"]
    assert (arm.judge_calls, arm.judges, arm.judge_cost_usd) == (6, {"j": 3, "m": 3}, 0.5)
    unknown = tally(suite(tmp_path), about(4), arms, [other])[0].arms["candidate"]
    assert unknown.judge_cost_usd is None
    assert tally(suite(tmp_path), about(4), arms, [sample(0, "candidate")])[0].arms["candidate"].judge_cost_usd is None
