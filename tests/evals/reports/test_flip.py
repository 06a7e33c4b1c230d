"""Which cases flipped, which of them are kept, and what that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.evals.reports.flip import flips
from ajar.evals.sample import Failure, Sample
from doubles.finished_run import QUEUES, MadeSuite, sample
from doubles.peak import most_held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.evals.sample import Arm


def answers(suite: MadeSuite, case: int, arm: Arm, rights: str, **more: object) -> list[Sample]:
    """A sample for each letter of `rights`: `y` where it is right."""
    right, wrong = QUEUES[case % len(QUEUES)], QUEUES[(case + 1) % len(QUEUES)]
    return [
        sample(case, arm, right if letter == "y" else wrong, suite=suite, repeat=repeat, **more)
        for repeat, letter in enumerate(rights)
    ]


def journal(suite: MadeSuite, *cases: tuple[str, str]) -> list[Sample]:
    return [
        found
        for case, (candidate, baseline) in enumerate(cases)
        for found in (*answers(suite, case, "candidate", candidate), *answers(suite, case, "baseline", baseline))
    ]


def test_a_case_that_one_gets_right_and_the_other_does_not() -> None:
    suite = MadeSuite(4)
    samples = journal(suite, ("y", "y"), ("n", "y"), ("y", "n"), ("n", "n"))
    found = flips(suite, lambda: samples)
    assert [(flip.id, flip.change) for flip in found.kept] == [
        ("triage-0001", "regression"),
        ("triage-0002", "improvement"),
    ]
    assert (found.regressions, found.improvements) == (1, 1)
    flip = found.kept[0]
    assert flip.candidate.sample is samples[2]
    assert flip.baseline.sample is samples[3]
    assert flip.candidate.failed == ("fields",)
    assert flip.baseline.failed == ()
    assert flip.target == suite.case(1).target
    assert flip.tags == suite.tags_of(1)


def test_the_order_of_the_samples_changes_nothing() -> None:
    suite = MadeSuite(4)
    samples = journal(suite, ("ny", "yy"), ("nnn", "yyn"), ("yyn", "nny"), ("n", "n"))
    assert flips(suite, lambda: samples) == flips(suite, lambda: samples[::-1])


@pytest.mark.parametrize(
    ("candidate", "baseline", "change"),
    [
        ("yyn", "nny", "improvement"),
        ("nny", "yyn", "regression"),
        ("yyn", "yyy", None),
        ("yn", "yy", None),
        ("yn", "nn", None),
    ],
)
def test_repeats_go_by_majority_and_half_is_none(candidate: str, baseline: str, change: str | None) -> None:
    suite = MadeSuite(1)
    samples = journal(suite, (candidate, baseline))
    assert [flip.change for flip in flips(suite, lambda: samples).kept] == ([change] if change else [])


def test_the_answer_shown_is_one_of_the_majority() -> None:
    suite = MadeSuite(1)
    samples = journal(suite, ("ynn", "nyy"))
    (flip,) = flips(suite, lambda: samples).kept
    assert (flip.candidate.sample.repeat, flip.baseline.sample.repeat) == (1, 1)
    assert flip.candidate.mean == pytest.approx(1 / 3)


def test_an_error_is_no_flip() -> None:
    suite = MadeSuite(2)
    failed = Sample(case=0, id="triage-0000", arm="candidate", repeat=0, error=Failure("timeout"))
    samples = [failed, *answers(suite, 0, "baseline", "y"), *answers(suite, 1, "candidate", "n")]
    assert flips(suite, lambda: samples).kept == []


def test_another_metric_flips_where_it_differs_and_less_may_be_better() -> None:
    suite = MadeSuite(3)
    latencies = ((10.0, 10.0), (90.0, 20.0), (30.0, 40.0))
    samples = [
        found
        for case, (candidate, baseline) in enumerate(latencies)
        for found in (
            *answers(suite, case, "candidate", "y", latency_ms=candidate),
            *answers(suite, case, "baseline", "y", latency_ms=baseline),
        )
    ]
    found = flips(suite, lambda: samples, metric="latency_ms")
    assert [(flip.id[-1], flip.change) for flip in found.kept] == [("1", "regression"), ("2", "improvement")]


def test_regressions_are_kept_first_and_all_are_counted() -> None:
    suite = MadeSuite(9)
    samples = journal(suite, *[("y", "n")] * 5, *[("n", "y")] * 4)
    found = flips(suite, lambda: samples, most=6)
    assert [flip.change for flip in found.kept] == ["regression"] * 4 + ["improvement"] * 2
    assert (found.regressions, found.improvements) == (4, 5)


def test_answers_that_are_not_kept_are_not_held() -> None:
    """2,000 cases of two answers of 20 kB: 80 MB, of which some 1 MB is kept."""
    suite = MadeSuite(2_000)

    def written() -> Iterator[Sample]:
        for arm in ("candidate", "baseline"):
            for case in range(suite.count):
                text = f"{case:06}" + "x" * 20_000
                yield from answers(suite, case, arm, "ny"[arm == "baseline"], text=text)

    assert len(flips(suite, written, most=20).kept) == 20
    assert most_held(lambda: flips(suite, written, most=20), 4_000_000) < 4_000_000
