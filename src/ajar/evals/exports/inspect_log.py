"""A run of one model as Inspect's log in JSON, version 2: what `inspect_ai.log.read_eval_log` and `inspect view` read.

One log for each model, since Inspect's hold one. What comes before `samples` is whole when it is written, so that
`read_eval_log(header_only=True)` need not read further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.evals.exports.inspect_sample import usage_of, written
from ajar.evals.metrics import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import BinaryIO

    from ajar.evals.result import Metric, Result
    from ajar.evals.sample import Arm, Sample
    from ajar.evals.suite.suite import Suite
    from ajar.evidence.estimate import Estimate

VERSION = 2

_encode = msgspec.json.Encoder().encode


def write(
    out: BinaryIO,
    result: Result,
    suite: Suite,
    samples: Iterable[Sample],
    *,
    created: datetime,
    finished: datetime | None = None,
    arm: Arm = "candidate",
) -> None:
    """Write the log of one model of the run. `created` and `finished` are when the run began and ended, with time zone.

    Holds one sample at a time. Inspect has no place for a paired comparison, a gate or tags of its own: these stand in
    the metadata.
    """
    head: dict[str, Any] = {
        "version": VERSION,
        "status": "success",
        "eval": _eval(result, suite, arm, created),
        "plan": {"name": "ajar", "steps": [{"solver": "generate", "params": {}}], "config": {}},
        "results": _results(result, arm),
        "stats": {
            "started_at": created.isoformat(),
            "completed_at": (finished or created).isoformat(),
            "model_usage": {result.arms[arm].target: usage_of(result.arms[arm].usage, result.arms[arm].cost_usd)},
        },
    }
    out.write(_encode(head)[:-1] + b',"samples":[')
    first = True
    for sample in samples:
        if sample.arm != arm:
            continue
        out.write((b"\n" if first else b",\n") + _encode(written(sample, suite)))
        first = False
    out.write(b"\n]}\n")


def _eval(result: Result, suite: Suite, arm: Arm, created: datetime) -> dict[str, Any]:
    about, model = result.about, result.arms[arm]
    return {
        "eval_id": f"{about.run}-{arm}",
        "run_id": about.run,
        "created": created.isoformat(),
        "task": about.suite,
        "task_id": f"{about.suite}@{about.suite_digest[:16]}",
        "task_version": 0,
        "task_display_name": about.suite,
        "dataset": {"name": about.suite, "samples": about.cases, "shuffled": False},
        "model": model.target,
        "model_base_url": model.base_url,
        "config": {"epochs": about.repeats, "epochs_reducer": ["mean"], "continue_on_fail": True},
        "packages": {"ajar": about.version},
        "metadata": {
            "arm": arm,
            "suite_digest": about.suite_digest,
            "seed": about.seed,
            "description": suite.description,
            "gate": msgspec.to_builtins(result.gate),
            "comparisons": {
                metric.name: msgspec.to_builtins(metric.comparison)
                for metric in result.metrics
                if metric.comparison is not None
            },
        },
    }


def _results(result: Result, arm: Arm) -> dict[str, Any]:
    model = result.arms[arm]
    failed = sum(count for code, count in model.errors.items() if not code.startswith("check_"))
    return {
        "total_samples": result.about.cases * result.about.repeats,
        "completed_samples": model.samples - failed,
        "scores": list(_scores(result, arm)),
    }


def _scores(result: Result, arm: Arm) -> Iterator[dict[str, Any]]:
    for metric in result.metrics:
        found = _estimate(metric, arm)
        if metric.name in MEASURES or found is None:
            continue
        metrics = {"mean": {"name": "mean", "value": found.mean}}
        if found.se is not None:
            metrics["stderr"] = {"name": "stderr", "value": found.se}
        yield {
            "name": metric.name,
            "scorer": metric.name.split(".")[0],
            "reducer": "mean" if result.about.repeats > 1 else None,
            "scored_samples": found.n,
            "metrics": metrics,
            "metadata": {"low": found.low, "high": found.high, "confidence": found.confidence, "method": found.method},
        }


def _estimate(metric: Metric, arm: Arm) -> Estimate | None:
    return metric.candidate if arm == "candidate" else metric.baseline
