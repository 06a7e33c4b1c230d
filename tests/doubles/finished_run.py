"""A finished run made by hand: a suite, the samples of two models, and what they add up to."""

from __future__ import annotations

import itertools
import json
import math
import random
from typing import TYPE_CHECKING, Any, ClassVar

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.result import About, ArmResult, Decision, Gate, Metric, Result, Spread, TagResult, Timing
from ajar.evals.sample import Arm, Failure, Sample
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evidence.comparison import Comparison
from ajar.evidence.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUEUES = ("billing", "refunds", "delivery", "returns", "account", "technical")
TAGS = (
    *("near", "far", "angry", "short", "long", "french", "typos", "two topics"),
    *("attachment", "sarcasm", "first contact", "follow-up", "enterprise", "trial"),
)
WORDS = (
    "I was charged twice for the same order and nobody answers my letters",
    "Where is my parcel? The tracking has not moved since Tuesday, and I leave on Friday",
    "The app closes itself as soon as I open the camera; I did install it anew",
    "Please cancel the subscription and send back what was taken in October",
    "I cannot sign in: the code never comes, neither by mail nor by phone",
)


class Fields(Scorer, frozen=True, kw_only=True):
    """Stands for the scorer of JSON by its fields."""

    name: ClassVar[str] = "json_fields"
    binary: ClassVar[bool] = False


class MadeSuite:
    """As a suite of `count` cases answers the reports and exports."""

    def __init__(self, count: int = 24) -> None:
        self.name, self.description, self.digest = "triage", "Held-out messages to support, near and far.", "5f" * 32
        self.count = count

    def case(self, index: int) -> Case:
        queue = QUEUES[index % len(QUEUES)]
        return Case(
            id=f"triage-{index:04}",
            input=WORDS[index % len(WORDS)] + ".",
            target={"queue": queue, "urgency": "high" if index % 3 else "low"},
            tags=self.tags_of(index),
        )

    def tags_of(self, index: int) -> tuple[str, ...]:
        return TAGS[index % 2], TAGS[2 + index % (len(TAGS) - 2)]

    def scorers(self, index: int) -> Mapping[str, Scorer]:
        return {"fields": Fields(), "valid json": Fields()}

    def body(self, index: int) -> dict[str, Any]:
        given = self.case(index).input
        return {"messages": [{"role": "user", "content": given}] if isinstance(given, str) else given}


def sample(case: int, arm: Arm, queue: str, *, suite: MadeSuite | None = None, repeat: int = 0, **more: Any) -> Sample:
    """One answer, scored. `more` are fields of the answer."""
    known = (suite or MadeSuite()).case(case)
    right = {"queue": float(queue == known.target["queue"]), "urgency": 1.0}
    answer = {"text": json.dumps({"queue": queue, "urgency": known.target["urgency"]}), **more}
    value = sum(right.values()) / 2
    return Sample(
        case=case,
        id=known.id,
        arm=arm,
        repeat=repeat,
        answer=Answer(
            **{
                "finish_reason": "stop",
                "model": f"triage-{'v2' if arm == 'candidate' else 'v1'}",
                "deployment": "local",
                "usage": Usage(input_tokens=61, output_tokens=14),
                "cost_usd": 0.0,
                "latency_ms": 38.5,
                **answer,
            }
        ),
        scores={
            "fields": Score(value, "" if value == 1 else f'queue: "{queue}" is not "{known.target["queue"]}"', right),
            "valid json": Score(1.0),
        },
    )


def samples(suite: MadeSuite, *, seed: int = 7) -> Iterator[Sample]:
    """Both models over the whole suite: the candidate is right more often, and one answer is missing."""
    chance = random.Random(seed)
    for case in range(suite.count):
        right = QUEUES[case % len(QUEUES)]
        wrong = QUEUES[(case + 1) % len(QUEUES)]
        for arm, rate in (("candidate", 0.9), ("baseline", 0.8)):
            if case == 3 and arm == "candidate":
                failure = Failure("timeout", "no answer within 30 s", None)
                yield Sample(case=case, id=f"triage-{case:04}", arm="candidate", repeat=0, error=failure, attempts=3)
                continue
            yield sample(case, arm, right if chance.random() < rate else wrong, suite=suite)


def estimate(mean: float, n: int = 600, half: float | None = None, *, method: str = "wilson") -> Estimate:
    """Roughly what such a mean would have for an interval."""
    half = 1.96 * math.sqrt(max(mean * (1 - mean), 0.0004) / n) if half is None else half
    low, high = (max(mean - half, 0), min(mean + half, 1)) if method == "wilson" else (mean - half, mean + half)
    return Estimate(mean=mean, low=low, high=high, confidence=0.95, n=n, method=method, se=half / 1.96)  # type: ignore[arg-type]


def comparison(difference: float, half: float, n: int = 600, **more: Any) -> Comparison:
    """A paired difference with an interval of this half-width."""
    known: dict[str, Any] = {
        "method": "tango", "wins": 50, "losses": 20, "ties": n - 70, "smallest": half * 1.43, "mcnemar_p": 0.0004,
    }  # fmt: skip
    return Comparison(
        difference=difference, low=difference - half, high=difference + half, confidence=0.95, n=n, **{**known, **more}
    )


def share(name: str, candidate: float, baseline: float, half: float = 0.025, n: int = 600, **more: Any) -> Metric:
    """A metric counted in shares."""
    return Metric(
        name=name,
        unit="share",
        better="up",
        binary=True,
        candidate=estimate(candidate, n),
        baseline=estimate(baseline, n),
        comparison=comparison(candidate - baseline, half, n, **more),
    )


def measure(name: str, unit: str, candidate: float, baseline: float, half: float, **more: Any) -> Metric:
    """A metric of which less is better."""
    return Metric(
        name=name,
        unit=unit,  # type: ignore[arg-type]
        better="down",
        binary=False,
        candidate=estimate(candidate, half=half / 1.4, method="t"),
        baseline=estimate(baseline, half=half / 1.4, method="t"),
        comparison=comparison(candidate - baseline, half, **{"method": "t", "mcnemar_p": None, **more}),
    )


def spread(arm: Arm, metric: str, unit: str, middle: float, *, seed: int = 3) -> Spread:
    """A distribution with a long tail."""
    chance = random.Random(f"{seed}{arm}{metric}")
    found = sorted(chance.lognormvariate(math.log(middle), 0.35) for _ in range(600))
    edges = [middle * 3.2 * edge / 30 for edge in range(31)]
    edges[-1] = max(edges[-1], found[-1])
    return Spread(
        arm=arm,
        metric=metric,
        unit=unit,
        quantiles={f"{at:g}": found[min(int(at * 600), 599)] for at in (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)},
        edges=edges,
        counts=[sum(low <= x < high for x in found) for low, high in itertools.pairwise(edges)],
    )


def decision(verdict: str = "PASS", metric: str = "passed", margin: float = 0.03, **more: Any) -> Decision:
    """One decision on the made run."""
    known: dict[str, Any] = {
        "suite": "triage",
        "why": "the interval of the difference, +2.5 to +7.5 points, lies above the margin of -3 points",
        "comparison": comparison(0.05, 0.025),
    }
    return Decision(metric=metric, margin=margin, verdict=verdict, **{**known, **more})  # type: ignore[arg-type]


def result(*, gate: Gate | None = None, baseline: bool = True, **more: Any) -> Result:
    """What such a run found over 600 cases."""
    arms: dict[Arm, ArmResult] = {
        "candidate": arm("triage-v2", {"timeout": 3, "check_fields": 1}),
        "baseline": arm("triage-v1", {"timeout": 1}),
    }
    metrics = [
        share("passed", 0.917, 0.867),
        share("fields", 0.951, 0.922, 0.016),
        share("valid json", 1.0, 0.997, 0.004),
        share("no apology", 0.912, 0.931, 0.017),
        share("fields.queue", 0.933, 0.882, 0.022),
        share("fields.urgency", 0.961, 0.967, 0.014),
        share("fields.language", 0.985, 0.962, 0.013),
        measure("cost_usd", "USD", 0.000312, 0.000341, 0.000004),
        measure("input_tokens", "tokens", 61.4, 61.4, 0.0),
        measure("output_tokens", "tokens", 14.2, 15.9, 0.3),
    ]
    if not baseline:
        del arms["baseline"]
        metrics = [Metric(name=m.name, unit=m.unit, better=m.better, binary=m.binary, candidate=m.candidate)
                   for m in metrics]  # fmt: skip
    known: dict[str, Any] = {
        "about": About(run="run_01JD9Q4W8E2V7", suite="triage", suite_digest="5f3a" * 16, cases=600, repeats=1,
                       description="Held-out messages to support, near and far.",
                       seed=20261121, confidence=0.95, version="0.1.0"),
        "arms": arms,
        "metrics": metrics,
        "tags": tags() if baseline else [],
        "spreads": [spread(name, "cost_usd", "USD", 0.00031) for name in arms]
        + [spread(name, "output_tokens", "tokens", 14) for name in arms],
    }  # fmt: skip
    return Result(gate=gate, **{**known, **more})


def arm(target: str, errors: dict[str, int]) -> ArmResult:
    """One of the two models."""
    return ArmResult(
        target=target,
        base_url="http://127.0.0.1:4000/v1",
        samples=600,
        deployments={"local": 596},
        models={target: 596},
        errors=errors,
        usage=Usage(input_tokens=36840, output_tokens=8520),
        cost_usd=0.187,
    )


def tags() -> list[TagResult]:
    """A tag for each of `TAGS`, the last with a single case."""
    chance = random.Random(11)
    found: list[TagResult] = []
    for number, tag in enumerate(TAGS):
        n = 300 if number < 2 else 1 if number == len(TAGS) - 1 else chance.randrange(20, 70)
        half = min(1.3 / math.sqrt(n), 1.0)
        metrics = [share(name, 0.9 + shift / 2, 0.9 - shift / 2, half, n)
                   for name in ("passed", "fields", "valid json") for shift in (chance.gauss(0.04, 0.05),)]  # fmt: skip
        found.append(TagResult(tag=tag, cases=n, metrics=metrics))
    return found


def timing(*, baseline: bool = True) -> Timing:
    """How long the answers took."""
    latency = measure("latency_ms", "ms", 41.3, 38.9, 1.1)
    if not baseline:
        latency = Metric(name="latency_ms", unit="ms", better="down", binary=False, candidate=latency.candidate)
    arms: tuple[Arm, ...] = ("candidate", "baseline") if baseline else ("candidate",)
    return Timing(metrics=[latency], spreads=[spread(name, "latency_ms", "ms", 40) for name in arms])
