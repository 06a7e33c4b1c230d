"""The lines of Every Eval Ever: one for each score of each sample."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ajar.evals.exports.messages import plain
from ajar.evals.exports.target import texts
from ajar.evals.metrics import MEASURES, PASSED, numbers
from ajar.evals.reports.answers import answer as said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.domain.usage import Usage
    from ajar.evals.case import Case
    from ajar.evals.sample import Sample
    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.suite import Suite

SCHEMA = "0.3.0"


def lines(sample: Sample, suite: Suite, evaluation: str, model: str) -> Iterator[dict[str, Any]]:
    """A line for each metric of the sample, as the format has it: each points to one result."""
    scorers = suite.scorers(sample.case)
    answer = sample.answer
    if answer is None:
        return
    case = suite.case(sample.case)
    raw, reference = plain(suite.body(sample.case)["messages"]), texts(case.target)
    shared: dict[str, Any] = {
        "schema_version": SCHEMA,
        "evaluation_id": evaluation,
        "model_id": model,
        "sample_id": sample.id,
        "sample_hash": hashlib.sha256((raw + "".join(reference)).encode()).hexdigest(),
        "interaction_type": "single_turn",
        "input": {"raw": raw, "reference": reference},
        "output": {"raw": [said(sample)]},
        "answer_attribution": [],
        "performance": {"latency_ms": answer.latency_ms},
        "metadata": _about(case, sample),
    }
    if (usage := _usage(answer.usage)) is not None:
        shared["token_usage"] = usage
    for name, value in numbers(sample, scorers):
        if name in MEASURES:
            continue
        yield {
            **shared,
            "evaluation_name": suite.name,
            "evaluation_result_id": name,
            "evaluation": {"score": value, "is_correct": value >= _threshold(name, scorers)},
        }


def _about(case: Case, sample: Sample) -> dict[str, str]:
    """What the format has no field for; it takes texts only."""
    told = {"repeat": str(sample.repeat)}
    if case.tags:
        told["tags"] = ", ".join(case.tags)
    if case.cluster is not None:
        told["cluster"] = case.cluster
    return told


def _threshold(metric: str, scorers: Mapping[str, Scorer]) -> float:
    """From which value the metric of a sample counts as right; a field of a check only where it is wholly right."""
    return 1.0 if metric == PASSED or metric not in scorers else scorers[metric].threshold


def _usage(usage: Usage) -> dict[str, Any] | None:
    """Left out where the endpoint did not count: the format has no way to say unknown."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens_cache_write": usage.cache_write_input_tokens,
        "input_tokens_cache_read": usage.cache_read_input_tokens,
        "reasoning_tokens": usage.reasoning_output_tokens,
    }
