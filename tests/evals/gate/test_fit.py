"""Which runs no gate may judge, whatever their numbers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from ajar.domain.usage import Usage
from ajar.evals.gate.decide import decide
from ajar.evals.gate.demand import Demand
from ajar.evals.result import ArmResult, Result, Timing
from ajar.evals.tally import tally
from evals.hand import AIMS, about, sample, suite

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.result import Decision
    from ajar.evals.sample import Arm

N = 300
HERE = "http://127.0.0.1:4000/v1"


def arm(target: str, deployments: dict[str, int], base_url: str = HERE, plan: tuple[str, ...] = ()) -> ArmResult:
    return ArmResult(
        target=target,
        base_url=base_url,
        plan=plan,
        samples=N,
        deployments=deployments,
        models={},
        errors={},
        usage=Usage(),
    )


def judged(tmp_path: Path, *, metric: str = "passed", margin: float = 0.03, **arms: ArmResult) -> Decision:
    """What a gate says of two models that are right always, with these facts of who answered."""
    given = [sample(case, each) for case in range(N) for each in AIMS]
    found = tally(suite(tmp_path, N), about(N), AIMS, given)
    result = msgspec.structs.replace(found[0], arms={**found[0].arms, **arms})
    gate = decide([Demand(suite="s", metric=metric, margin=margin)], {"s": (result, found[1])})
    return gate.decisions[0]


@pytest.mark.parametrize(
    ("candidate", "baseline", "told"),
    [
        (
            arm("deployment:new", {"new": 263, "old": 37}),
            arm("old", {"old": N}),
            "37 of 300 answers of the candidate came from `old`, which also answered for the baseline",
        ),
        (
            arm("new", {"old": N}),
            arm("old", {"old": N}),
            "300 of 300 answers of the candidate came from `old`, which also answered for the baseline",
        ),
        (
            arm("new", {"new": N}),
            arm("route", {"new": 9, "old": 291}),
            "9 of 300 answers of the baseline came from `new`, which also answered for the candidate",
        ),
        (
            arm("same", {"same": N}),
            arm("same", {"same": N}),
            "300 of 300 answers of the candidate came from `same`, which also answered for the baseline",
        ),
        (
            arm("route", {"a": 290, "b": 10}),
            arm("old", {"old": N}),
            "the answers of the candidate came from several deployments (`a` 290, `b` 10)",
        ),
        (
            arm("route", {"spare": N}, plan=("new", "spare")),
            arm("old", {"old": N}, plan=("old",)),
            "300 of 300 answers of the candidate came from `spare`, a fallback of `route`, which asks `new` first",
        ),
    ],
)
def test_a_fallback_that_answered_is_no_candidate(
    tmp_path: Path, candidate: ArmResult, baseline: ArmResult, told: str
) -> None:
    decision = judged(tmp_path, candidate=candidate, baseline=baseline)
    assert decision.verdict == "COULD NOT RUN"
    assert decision.why == f"{told}: name it as `deployment:NAME`, which has no fallback"


@pytest.mark.parametrize(
    ("candidate", "baseline"),
    [
        (arm("route", {"new": N}), arm("old", {"old": N})),
        (arm("route", {"new": N}, plan=("new", "spare")), arm("old", {"old": N})),
        (arm("gpt", {}), arm("gpt", {})),
        (arm("local", {"local": N}), arm("local", {"local": N}, "http://127.0.0.1:4001/v1")),
    ],
)
def test_models_that_are_apart_or_cannot_be_told_apart_are_judged(
    tmp_path: Path, candidate: ArmResult, baseline: ArmResult
) -> None:
    assert judged(tmp_path, candidate=candidate, baseline=baseline).verdict == "PASS"


@pytest.mark.parametrize("dumb", list(AIMS))
def test_a_number_that_only_some_samples_have_is_not_judged(tmp_path: Path, dumb: Arm) -> None:
    given = [
        sample(case, each, usage=Usage(output_tokens=None if each == dumb and case < 94 else 5 + case % 3))
        for case in range(200)
        for each in AIMS
    ]
    found = tally(suite(tmp_path, 200), about(200), AIMS, given)
    tokens, passed, unknown = decide(
        [Demand(suite="s", metric=name, margin=margin) for name, margin in (
            ("output_tokens", 50.0), ("passed", 0.03), ("cost_usd", 1.0),
        )],
        {"s": found},
    ).decisions  # fmt: skip
    assert (tokens.verdict, tokens.why) == ("COULD NOT RUN", f"94 of 200 samples of the {dumb} report no output_tokens")
    assert passed.verdict == "PASS"
    assert (unknown.verdict, unknown.why) == ("COULD NOT RUN", "no sample of either model reports cost_usd")


def test_a_check_that_one_model_has_in_some_cases_only_is_not_judged(tmp_path: Path) -> None:
    result, timing = tally(
        suite(tmp_path, 40), about(40), AIMS, [sample(case, each) for case in range(40) for each in AIMS]
    )
    lacking = [
        msgspec.structs.replace(found, missing={"baseline": 3} if found.name == "right" else {})
        for found in result.metrics
    ]
    found = msgspec.structs.replace(result, metrics=lacking), timing
    gate = decide([Demand(suite="s", metric="right", margin=0.2)], {"s": found})
    assert gate.decisions[0].why == "3 of 40 samples of the baseline have no `right`"


def test_what_is_free_in_every_case_passes(tmp_path: Path) -> None:
    given = [sample(case, each, cost_usd=0.0) for case in range(40) for each in AIMS]
    found: tuple[Result, Timing] = tally(suite(tmp_path, 40), about(40), AIMS, given)
    gate = decide([Demand(suite="s", metric="cost_usd", margin=0.001)], {"s": found})
    assert (gate.verdict, gate.decisions[0].why) == ("PASS", "the candidate is not worse")
