from __future__ import annotations

import pytest

from ajar.evals.answer import Answer
from ajar.evals.run.ledger import Ledger
from ajar.evals.sample import Arm, Failure, Judged, Sample
from ajar.evals.score import Score
from doubles.peak import most_held


def good(case: int, arm: Arm = "candidate", repeat: int = 0, cost: float | None = None) -> Sample:
    return Sample(case=case, id="x", arm=arm, repeat=repeat, answer=Answer(cost_usd=cost), scores={"a": Score(1)})


def unscored(case: int) -> Sample:
    return Sample(case=case, id="x", arm="candidate", repeat=0, answer=Answer(), scores={"a": Score(None, "no judge")})


def bad(case: int, code: str = "timeout", arm: Arm = "candidate") -> Sample:
    return Sample(case=case, id="x", arm=arm, repeat=0, error=Failure(code))


def test_every_sample_is_told_from_every_other() -> None:
    ledger = Ledger(3, 2)
    ledger.add(good(1, "baseline", 1))
    done = [
        (case, arm, repeat)
        for case in range(3)
        for arm in ("candidate", "baseline")
        for repeat in range(2)
        if ledger.done(case, arm, repeat)  # type: ignore[arg-type]
    ]
    assert done == [(1, "baseline", 1)]
    assert ledger.count() == 1


@pytest.mark.parametrize(("case", "repeat"), [(3, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_sample_of_another_run_is_refused(case: int, repeat: int) -> None:
    with pytest.raises(IndexError):
        Ledger(3, 1).add(good(case, repeat=repeat))


def test_errors_are_counted_by_arm_and_code() -> None:
    ledger = Ledger(9, 1)
    for sample in (bad(0), bad(1), bad(2, "upstream_500"), bad(0, arm="baseline"), unscored(3), good(4)):
        ledger.add(sample)
    assert ledger.errors() == {
        "candidate": {"unscored": 1, "timeout": 2, "upstream_500": 1},
        "baseline": {"timeout": 1},
    }
    assert (ledger.count(), ledger.count_errors()) == (6, 5)


def test_any_number_of_codes_is_survived() -> None:
    ledger = Ledger(400, 1)
    for case in range(400):
        ledger.add(bad(case, f"upstream_{case}"))
    assert sum(ledger.errors()["candidate"].values()) == 400


def test_a_later_line_replaces_an_earlier() -> None:
    ledger = Ledger(5, 1)
    for sample in (bad(0), good(1), bad(2)):
        ledger.add(sample)
    ledger.add(good(0))
    assert ledger.again == {0: 2}
    assert ledger.errors()["candidate"] == {"timeout": 1}


def test_errors_can_be_forgotten_so_that_they_are_asked_again() -> None:
    ledger = Ledger(5, 1)
    for sample in (bad(0), good(1), unscored(2)):
        ledger.add(sample)
    ledger.forget_errors()
    assert [ledger.done(case, "candidate", 0) for case in range(3)] == [False, True, False]
    ledger.add(good(0))
    assert ledger.again[0] == 2


def test_costs_are_added_up_and_what_is_unknown_is_counted() -> None:
    ledger = Ledger(5, 1)
    for sample in (good(0, cost=0.25), good(1, cost=0.5), good(2), bad(3)):
        ledger.add(sample)
    assert (ledger.cost_usd, ledger.cost_unknown) == (0.75, 1)


def test_what_judges_took_is_added_up_too() -> None:
    ledger = Ledger(5, 1)
    for case in range(2):
        judged = Judged(calls=3, cost_usd=0.25, cost_unknown=1)
        ledger.add(Sample(case=case, id="x", arm="candidate", repeat=0, answer=Answer(), judged=judged))
    assert (ledger.judge_calls, ledger.judge_cost_usd, ledger.judge_cost_unknown) == (6, 0.5, 2)
    assert ledger.cost_usd == 0


def test_it_knows_a_case_that_an_arm_has_answered() -> None:
    ledger = Ledger(5, 2)
    for sample in (bad(0), unscored(1), bad(0, arm="baseline")):
        ledger.add(sample)
    assert (ledger.answered("candidate"), ledger.answered("baseline")) == (1, None)
    ledger.add(good(3, repeat=1))
    ledger.add(good(4, "baseline", 1))
    assert (ledger.answered("candidate"), ledger.answered("baseline")) == (3, 4)


def test_a_sample_takes_one_byte() -> None:
    def filled() -> None:
        ledger = Ledger(100_000, 1)
        sample = good(0)
        for case in range(0, 100_000, 10):
            ledger.add(Sample(case=case, id=sample.id, arm="candidate", repeat=0, answer=sample.answer))

    assert most_held(filled, 300_000) < 300_000
