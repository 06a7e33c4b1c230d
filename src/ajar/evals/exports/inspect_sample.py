"""One sample as Inspect's log has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.evals.exports.messages import call, message
from ajar.evals.exports.target import texts
from ajar.evals.metrics import PASSED, numbers

if TYPE_CHECKING:
    from ajar.domain.usage import Usage
    from ajar.evals.answer import Answer
    from ajar.evals.case import Case
    from ajar.evals.sample import Sample
    from ajar.evals.score import Score
    from ajar.evals.suite.suite import Suite

_STOPS = {
    "stop": "stop",
    "length": "max_tokens",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
# Inspect's own sign of a score that could not be given; JSON proper has no such number, Inspect's reader does.
_UNSCORED = msgspec.Raw(b"NaN")


def written(sample: Sample, suite: Suite) -> dict[str, Any]:
    """All of it, with its case."""
    case, answer = suite.case(sample.case), sample.answer
    wanted = texts(case.target)
    told: dict[str, Any] = {
        "id": sample.id,
        "epoch": sample.repeat + 1,
        "input": case.input if isinstance(case.input, str) else [message(turn) for turn in case.input],
        "target": wanted[0] if len(wanted) == 1 else wanted,
        "messages": [message(turn) for turn in suite.body(sample.case)["messages"]],
        "scores": {name: _score(score) for name, score in sample.scores.items()},
        "metadata": _about(case, sample),
        "uuid": f"{sample.id}-{sample.repeat + 1}-{sample.arm}",
    }
    if answer is not None:
        said = _said(answer, sample)
        told["messages"].append(said)
        told["output"] = _output(answer, said)
        told["model_usage"] = {answer.model or "": usage_of(answer.usage, answer.cost_usd)}
        told["total_time"] = told["working_time"] = answer.latency_ms / 1000
        values = dict(numbers(sample, suite.scorers(sample.case)))
        if PASSED in values:
            told["scores"][PASSED] = {"value": values[PASSED], "answer": said["content"]}
    if sample.error is not None:
        why = f"{sample.error.code}: {sample.error.message}"
        told["error"] = {"message": why, "traceback": "", "traceback_ansi": ""}
    return told


def _about(case: Case, sample: Sample) -> dict[str, Any]:
    """What Inspect has no field for."""
    told: dict[str, Any] = {"tags": list(case.tags), "attempts": sample.attempts}
    if case.cluster is not None:
        told["cluster"] = case.cluster
    if sample.error is not None and sample.error.status is not None:
        told["status"] = sample.error.status
    if sample.answer is not None:
        told |= {
            key: value
            for key, value in (("deployment", sample.answer.deployment), ("inference", sample.answer.inference))
            if value is not None
        }
    return told


def _said(answer: Answer, sample: Sample) -> dict[str, Any]:
    said: dict[str, Any] = {
        "content": answer.text or answer.refusal or "",
        "source": "generate",
        "role": "assistant",
        "model": answer.model,
    }
    if answer.tool_calls:
        said["tool_calls"] = [
            call(f"call_{sample.case}_{sample.repeat}_{number}", asked.name, asked.arguments)
            for number, asked in enumerate(answer.tool_calls)
        ]
    return said


def _output(answer: Answer, said: dict[str, Any]) -> dict[str, Any]:
    stop = "content_filter" if answer.refusal else _STOPS.get(answer.finish_reason or "", "unknown")
    return {
        "model": answer.model or "",
        "choices": [{"message": said, "stop_reason": stop}],
        "completion": said["content"],
        "usage": usage_of(answer.usage, answer.cost_usd),
        "time": answer.latency_ms / 1000,
        "error": answer.refusal,
    }


def usage_of(usage: Usage, cost_usd: float | None) -> dict[str, Any]:
    """Inspect's input tokens are those that were not cached; where nothing was counted it has 0."""
    read, wrote = usage.cache_read_input_tokens, usage.cache_write_input_tokens
    whole, output = usage.input_tokens or 0, usage.output_tokens or 0
    return {
        "input_tokens": max(whole - (read or 0) - (wrote or 0), 0),
        "output_tokens": output,
        "total_tokens": whole + output,
        "input_tokens_cache_write": wrote,
        "input_tokens_cache_read": read,
        "reasoning_tokens": usage.reasoning_output_tokens,
        "total_cost": cost_usd,
    }


def _score(score: Score) -> dict[str, Any]:
    written: dict[str, Any] = {"value": _UNSCORED if score.value is None or math.isnan(score.value) else score.value}
    if score.value is None:
        written["reason"] = "scoring_failed"
    if score.why:
        written["explanation"] = score.why
    if score.fields:
        written["metadata"] = {"fields": score.fields}
    return written
