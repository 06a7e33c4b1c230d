"""What a run found: the content of `result.json`, and all that a report shows."""

from __future__ import annotations

from typing import Literal

import msgspec

from ajar.domain.usage import Usage
from ajar.evals.sample import Arm
from ajar.evidence.comparison import Comparison
from ajar.evidence.estimate import Estimate

Better = Literal["up", "down"]
Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE", "COULD NOT RUN"]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Which run this is. `suite_digest` covers all that a model is asked and how it is scored.

    `run` is empty in the file, so that it sets no two runs apart that got the same answers. The journal knows the id.
    """

    run: str = ""
    suite: str
    suite_digest: str
    description: str = ""
    cases: int
    repeats: int
    seed: int
    confidence: float
    version: str
    """Ajar's own."""


class ArmResult(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two models. `errors` counts samples without an answer or with a check that could not be judged."""

    target: str
    base_url: str
    plan: tuple[str, ...] = ()
    """The deployments of the route that was asked, in the order in which they are tried; empty where not known."""
    samples: int
    deployments: dict[str, int]
    """How many answers each deployment gave."""
    models: dict[str, int]
    """The same for the models as their upstreams named them."""
    errors: dict[str, int]
    usage: Usage
    cost_usd: float | None = None
    """Of the samples whose cost is known; None where none is."""
    cost_unknown: int = 0
    """Samples whose cost is not known."""
    judge_calls: int = 0
    judges: dict[str, int] = {}
    """How many judgements each deployment gave, or model where no deployment is named."""
    judge_cost_usd: float | None = None
    """Of the judgements whose cost is known; None where none is."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One number of each sample, over all of them: `passed`, a check, a field of a check, or a measure.

    `samples` of each model should have it: those of the cases that have the check, and for measures all. `missing` is
    how many do not, by model, where any do not.
    """

    name: str
    unit: Literal["share", "ms", "USD", "tokens"]
    better: Better
    binary: bool
    samples: int = 0
    missing: dict[Arm, int] = {}
    candidate: Estimate | None = None
    baseline: Estimate | None = None
    comparison: Comparison | None = None


class TagResult(msgspec.Struct, frozen=True, kw_only=True):
    """The metrics again, over the cases with a tag only."""

    tag: str
    cases: int
    metrics: list[Metric]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A gate's answer for one metric of one suite. `needed` is how many cases would settle it, where some would."""

    suite: str
    metric: str
    margin: float
    verdict: Verdict
    why: str
    needed: int | None = None
    comparison: Comparison | None = None


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """All decisions, and the one that follows from them."""

    verdict: Verdict
    decisions: list[Decision]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How a measure is distributed over the samples of an arm: quantiles by their share, such as `0.5`."""

    arm: Arm
    metric: str
    unit: str
    quantiles: dict[str, float]
    edges: list[float]
    counts: list[int]
    """Of the samples between one edge and the next; one fewer than `edges`."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from run to run even where every answer is the same: the content of `timing.json`."""

    metrics: list[Metric]
    spreads: list[Spread]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run. Its content follows from the answers alone, however often the run was stopped on its way.

    Unless the run was asked about time: a check of latency, and a gate on it, bring the clock in.
    """

    schema: int = 1
    about: About
    arms: dict[Arm, ArmResult]
    metrics: list[Metric]
    tags: list[TagResult]
    spreads: list[Spread]
    gate: Gate | None = None
    complete: bool = True
    """Whether there is a sample of each question; False for a run that was stopped and looked at before its end."""
