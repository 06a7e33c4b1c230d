"""One verdict from many demands."""

from __future__ import annotations

import msgspec
import pytest

from ajar.domain.usage import Usage
from ajar.evals.gate.decide import decide
from ajar.evals.gate.demand import Demand
from ajar.evals.result import ArmResult, Metric, Result, Timing
from ajar.evidence.compare import compare
from evals.hand import about

N = 200


def found(wins: int, losses: int, *, name: str = "passed", errors: int = 0, n: int = N) -> tuple[Result, Timing]:
    ours = [1.0] * wins + [0.0] * losses + [1.0] * (n - wins - losses)
    theirs = [0.0] * wins + [1.0] * losses + [1.0] * (n - wins - losses)
    arm = ArmResult(
        target="x",
        base_url="y",
        samples=n,
        deployments={},
        models={},
        errors={"upstream_500": errors} if errors else {},
        usage=Usage(),
    )
    metric = Metric(
        name=name,
        unit="share",
        better="up",
        binary=True,
        comparison=compare(ours, theirs, 0.95, single=True, bounds=(0, 1)),
    )
    result = Result(about=about(n), arms={"candidate": arm, "baseline": arm}, metrics=[metric], tags=[], spreads=[])
    return result, Timing(metrics=[], spreads=[])


def demand(suite: str = "s", metric: str = "passed", margin: float = 0.03) -> Demand:
    return Demand(suite=suite, metric=metric, margin=margin)


@pytest.mark.parametrize(
    ("wins", "losses", "verdict"), [(20, 2, "PASS"), (2, 40, "FAIL"), (5, 8, "INCONCLUSIVE"), (0, 0, "PASS")]
)
def test_one_demand(wins: int, losses: int, verdict: str) -> None:
    gate = decide([demand()], {"s": found(wins, losses)})
    assert gate.verdict == gate.decisions[0].verdict == verdict
    assert gate.decisions[0].why
    assert (gate.decisions[0].needed is not None) == (verdict == "INCONCLUSIVE")


@pytest.mark.parametrize(("second", "verdict"), [((20, 2), "PASS"), ((5, 8), "INCONCLUSIVE"), ((2, 40), "FAIL")])
def test_all_must_pass_and_one_failure_is_enough(second: tuple[int, int], verdict: str) -> None:
    gate = decide([demand("a"), demand("b")], {"a": found(20, 2), "b": found(*second)})
    assert gate.verdict == verdict
    assert gate.decisions[0].verdict == "PASS"


def test_what_fails_by_chance_among_many_does_not_fail() -> None:
    # Alone this one just fails; among twenty, one like it comes up once in two gates though nothing is wrong.
    just = next(losses for losses in range(4, 60) if decide([demand()], {"s": found(0, losses)}).verdict == "FAIL")
    suites = {"s": found(0, just)} | {f"s{number}": found(5, 8) for number in range(19)}
    gate = decide([demand(name) for name in suites], suites)
    assert gate.verdict == gate.decisions[0].verdict == "INCONCLUSIVE"
    assert "Holm" in gate.decisions[0].why
    assert gate.decisions[0].needed is not None
    assert gate.decisions[0].needed > N
    worse = decide([demand(name) for name in suites], suites | {"s": found(0, 60)})
    assert worse.verdict == "FAIL"


def test_what_could_not_run_is_neither() -> None:
    suites = {"a": found(2, 40), "b": "the run was stopped"}
    gate = decide([demand("a"), demand("b")], suites)
    assert [each.verdict for each in gate.decisions] == ["FAIL", "COULD NOT RUN"]
    assert gate.verdict == "COULD NOT RUN"
    assert gate.decisions[1].why == "the run was stopped"


def test_an_error_is_neither_good_nor_bad() -> None:
    gate = decide([demand()], {"s": found(20, 2, errors=3)})
    assert gate.verdict == "COULD NOT RUN"
    assert "3 of 200" in gate.decisions[0].why
    assert "upstream_500" in gate.decisions[0].why


def test_samples_that_are_missing_are_noticed() -> None:
    result, timing = found(20, 2)
    arms = {name: msgspec.structs.replace(arm, samples=N - 1) for name, arm in result.arms.items()}
    gate = decide([demand()], {"s": (msgspec.structs.replace(result, arms=arms), timing)})
    assert gate.verdict == "COULD NOT RUN"
    assert "199 of 200" in gate.decisions[0].why


def test_an_unknown_metric_names_the_nearest() -> None:
    gate = decide([demand(metric="pased")], {"s": found(20, 2)})
    assert gate.verdict == "COULD NOT RUN"
    assert "did you mean `passed`" in gate.decisions[0].why


def test_without_a_baseline_there_is_no_verdict() -> None:
    result, timing = found(20, 2)
    alone = msgspec.structs.replace(result, arms={"candidate": result.arms["candidate"]})
    gate = decide([demand()], {"s": (alone, timing)})
    assert gate.verdict == "COULD NOT RUN"
    assert "--against" in gate.decisions[0].why


def test_no_demand_is_no_pass() -> None:
    assert decide([], {}).verdict == "COULD NOT RUN"
