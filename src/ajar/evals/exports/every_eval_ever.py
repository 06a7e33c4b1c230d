"""A run of one model for Every Eval Ever, schema 0.3.0: one JSON for what came out, and one line for each score.

The two files lie where that project's data lies: `data/<collection>/<developer>/<model>/<uuid>.json` and
`<uuid>_samples.jsonl`. The names of the format: https://github.com/evaleval/every_eval_ever.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.errors import ConfigError
from ajar.evals.exports import whole as files
from ajar.evals.exports.instances import SCHEMA, lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from ajar.evals.result import Metric, Result
    from ajar.evals.sample import Arm, Sample
    from ajar.evals.suite.suite import Suite
    from ajar.evidence.estimate import Estimate

_UNSAFE = re.compile(r'[<>:"\\|?*\x00-\x1f/\s]+')
_encode = msgspec.json.Encoder().encode


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """What only the person who publishes knows.

    `model` is `developer/name` as Hugging Face has it, or the closed API's. `relationship` is the evaluator's to the
    model: first_party, third_party, collaborative or other. `deployment` is self_deployed, externally_managed or
    unknown, `weights` open_weights, closed_weights or unknown.
    """

    model: str
    organization: str
    relationship: str = "third_party"
    deployment: str = "unknown"
    weights: str = "unknown"


def write(
    folder: Path,
    result: Result,
    suite: Suite,
    samples: Iterable[Sample],
    publisher: Publisher,
    *,
    created: datetime,
    arm: Arm = "candidate",
) -> Path:
    """Write both files below `folder` and return the path of the JSON. `created` is when the run began.

    Holds one sample at a time. The format demands a score of every line: what could not be answered or judged has none
    and is left out, and the JSON tells of how many samples nothing is left. It knows no comparison of two models, no
    gate, no tags and no clusters; tags and clusters stand in the lines' metadata. Raises ConfigError where the model's
    name is not whole, and StateError where a file cannot be written.
    """
    developer, _, model = publisher.model.partition("/")
    if not developer or not model:
        raise ConfigError([f"`{publisher.model}` does not say who made the model: write `developer/name`"])
    place = f"data/{_part(result.about.suite)}/{_part(developer)}/{_part(model)}"
    name = _identifier(result.about.run, arm)
    stamp = f"{created.timestamp():.0f}"
    evaluation = f"{result.about.suite}/{publisher.model}/{stamp}"
    files.folder(folder / place)

    rows, left_out, checksum = 0, 0, hashlib.sha256()
    detail = f"{place}/{name}_samples.jsonl"
    with files.whole(folder / detail) as out:
        for sample in samples:
            if sample.arm != arm:
                continue
            found = list(lines(sample, suite, evaluation, publisher.model))
            left_out += not found
            for line in found:
                written = _encode(line) + b"\n"
                checksum.update(written)
                out.write(written)
                rows += 1
    whole: dict[str, Any] = {
        **_whole(result, publisher, arm, evaluation, stamp, left_out),
        "evaluation_results": list(_results(result, suite, arm, stamp)),
    }
    if rows:
        whole["detailed_evaluation_results"] = {
            "format": "jsonl",
            "file_path": detail,
            "hash_algorithm": "sha256",
            "checksum": checksum.hexdigest(),
            "total_rows": rows,
        }
    else:
        (folder / detail).unlink(missing_ok=True)
    path = folder / place / f"{name}.json"
    with files.whole(path) as out:
        out.write(msgspec.json.format(_encode(whole), indent=2) + b"\n")
    return path


def _whole(
    result: Result, publisher: Publisher, arm: Arm, evaluation: str, stamp: str, left_out: int
) -> dict[str, Any]:
    model = result.arms[arm]
    return {
        "schema_version": SCHEMA,
        "evaluation_id": evaluation,
        "evaluation_timestamp": stamp,
        "retrieved_timestamp": stamp,
        "source_metadata": {
            "source_name": "Ajar",
            "source_type": "evaluation_run",
            "source_organization_name": publisher.organization,
            "evaluator_relationship": publisher.relationship,
            "additional_details": {"samples": str(model.samples), "samples_left_out": str(left_out)},
        },
        "eval_library": {
            "name": "ajar",
            "version": result.about.version,
            "additional_details": {
                "run": result.about.run,
                "seed": str(result.about.seed),
                "suite_digest": result.about.suite_digest,
                "repeats": str(result.about.repeats),
            },
        },
        "model_info": {
            "name": model.target,
            "id": publisher.model,
            "developer": publisher.model.partition("/")[0],
            "additional_details": {
                "deployment_type": publisher.deployment,
                "model_availability": publisher.weights,
                "models_as_answered": ", ".join(sorted(model.models)),
            },
        },
    }


def _results(result: Result, suite: Suite, arm: Arm, stamp: str) -> Iterator[dict[str, Any]]:
    for metric in result.metrics:
        found = metric.candidate if arm == "candidate" else metric.baseline
        if found is None:
            continue
        yield {
            "evaluation_result_id": metric.name,
            "evaluation_name": result.about.suite,
            "source_data": {
                "dataset_name": result.about.suite,
                "source_type": "other",
                "additional_details": {"cases": str(suite.count), "digest": suite.digest},
            },
            "evaluation_timestamp": stamp,
            "metric_config": _config(metric),
            "score_details": {"score": found.mean, "uncertainty": _uncertainty(found)},
        }


def _config(metric: Metric) -> dict[str, Any]:
    share = metric.unit == "share"
    return {
        "metric_id": f"ajar.{metric.name}",
        "metric_name": metric.name,
        "metric_unit": "proportion" if share else metric.unit,
        "lower_is_better": metric.better == "down",
        "score_type": "binary" if metric.binary else "continuous",
        "min_score": 0.0,
        "max_score": 1.0 if share else "Infinity",
    }


def _uncertainty(found: Estimate) -> dict[str, Any]:
    told: dict[str, Any] = {
        "confidence_interval": {
            "lower": found.low,
            "upper": found.high,
            "confidence_level": found.confidence,
            "method": found.method,
        },
        "num_samples": found.n,
    }
    if found.se is not None:
        told["standard_error"] = {"value": found.se, "method": "analytic"}
    return told


def _part(name: str) -> str:
    """A name as a part of a path on every system; `data` is reserved by that project."""
    part = _UNSAFE.sub("_", name).strip(". ") or "unknown"
    return "data_" if part == "data" else part


def _identifier(run: str, arm: Arm) -> str:
    """The same run always has the same UUID, so that exporting it again replaces the files."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{run} {arm}".encode()).digest()[:16], version=4))
