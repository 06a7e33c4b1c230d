"""The numbers that one sample has, by name: what is estimated, compared and gated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.evals.result import Better
    from ajar.evals.sample import Sample
    from ajar.evals.scorer import Scorer

Unit = Literal["share", "ms", "USD", "tokens"]

PASSED = "passed"
"""1 where every check's value reaches its threshold, else 0."""
MEASURES: dict[str, Unit] = {"latency_ms": "ms", "cost_usd": "USD", "input_tokens": "tokens", "output_tokens": "tokens"}
"""What every answer has beside its checks; less of it is better."""
_MOST = 1e15
"""An upstream that reports more than this reports nonsense, which counts as nothing reported."""
TIMING = frozenset({"latency_ms"})
"""What differs between two runs in which every answer is the same."""


def unit(metric: str) -> Unit:
    """What the metric is counted in."""
    return MEASURES.get(metric, "share")


def better(metric: str) -> Better:
    """Which way is better."""
    return "down" if metric in MEASURES else "up"


def unjudged(sample: Sample) -> str | None:
    """Why this sample cannot be judged, as a word that can be counted; None where it can."""
    if sample.error is not None:
        return sample.error.code
    return next((f"check_{name}" for name, score in sample.scores.items() if score.value is None), None)


def numbers(sample: Sample, scorers: Mapping[str, Scorer]) -> Iterator[tuple[str, float]]:
    """Every metric of one sample. `scorers` are those of its case."""
    if sample.answer is None:
        return
    judged, passed = bool(sample.scores), True
    for name, score in sample.scores.items():
        if score.value is None:
            judged = False
            continue
        yield name, score.value
        for part, value in (score.fields or {}).items():
            yield f"{name}.{part}", value
        passed = passed and score.value >= scorers[name].threshold
    if judged:
        yield PASSED, float(passed)
    answer = sample.answer
    yield "latency_ms", answer.latency_ms
    for name, value in (
        ("cost_usd", answer.cost_usd),
        ("input_tokens", answer.usage.input_tokens),
        ("output_tokens", answer.usage.output_tokens),
    ):
        if value is not None and 0 <= value <= _MOST:
            yield name, float(value)
