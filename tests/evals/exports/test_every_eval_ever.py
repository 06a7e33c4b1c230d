"""Every Eval Ever: both files fit the schemas that its package 0.3.0 ships, and its rules beyond them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest

from ajar.errors import ConfigError
from ajar.evals.exports.every_eval_ever import Publisher, write
from doubles.finished_run import MadeSuite, result, sample
from doubles.peak import most_held

from .conftest import CREATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ajar.evals.sample import Sample

SCHEMAS = Path(__file__).resolve().parents[2] / "data/every_eval_ever"
PUBLISHER = Publisher(
    model="ajar/triage-v2", organization="Example", deployment="self_deployed", weights="open_weights"
)


def exported(
    folder: Path, suite: MadeSuite, samples: Iterable[Sample], **more: Any
) -> tuple[Path, dict[str, Any], list[dict[str, Any]]]:
    path = write(folder, result(), suite, samples, PUBLISHER, created=CREATED, **more)
    whole = json.loads(path.read_text("utf-8"))
    detail = whole.get("detailed_evaluation_results")
    lines = (folder / detail["file_path"]).read_text("utf-8").splitlines() if detail else []
    return path, whole, [json.loads(line) for line in lines]


def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / name).read_text("utf-8")))


def test_both_files_fit_the_schemas(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    _, whole, lines = exported(tmp_path, suite, made)
    schema("eval.schema.json").validate(whole)
    each = schema("instance_level_eval.schema.json")
    for line in lines:
        each.validate(line)
    assert whole["schema_version"] == lines[0]["schema_version"] == "0.3.0"


def test_the_schemas_would_refuse_another_file() -> None:
    """The rules have teeth: a schema that took anything would prove nothing."""
    assert not schema("eval.schema.json").is_valid({})
    assert not schema("instance_level_eval.schema.json").is_valid({"schema_version": "0.3.0"})


def test_the_rules_beyond_the_schemas(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    """As `every_eval_ever validate` has them: place, names, and what the two files say of each other."""
    path, whole, lines = exported(tmp_path, suite, made)
    detail = whole["detailed_evaluation_results"]
    place = path.relative_to(tmp_path).as_posix()
    assert re.fullmatch(
        r"data/triage/ajar/triage-v2/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.json", place
    )
    assert detail["file_path"] == place.removesuffix(".json") + "_samples.jsonl"
    assert detail["total_rows"] == len(lines)
    assert detail["checksum"] == hashlib.sha256((tmp_path / detail["file_path"]).read_bytes()).hexdigest()
    assert {line["evaluation_id"] for line in lines} == {whole["evaluation_id"]} == {"triage/ajar/triage-v2/1795264200"}
    assert {line["model_id"] for line in lines} == {whole["model_info"]["id"]}
    assert {line["evaluation_result_id"] for line in lines} <= {
        found["evaluation_result_id"] for found in whole["evaluation_results"]
    }
    details = whole["model_info"]["additional_details"]
    assert (details["deployment_type"], details["model_availability"]) == ("self_deployed", "open_weights")
    for found in whole["evaluation_results"]:
        config, score = found["metric_config"], found["score_details"]["score"]
        assert config["min_score"] <= score
        assert config["max_score"] == "Infinity" or score <= config["max_score"]


def test_what_came_out(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    _, whole, _ = exported(tmp_path, suite, made)
    found = {each["evaluation_result_id"]: each for each in whole["evaluation_results"]}
    assert found["passed"]["score_details"]["score"] == 0.917
    told = found["passed"]["score_details"]["uncertainty"]
    assert told["num_samples"] == 600
    assert told["confidence_interval"]["confidence_level"] == 0.95
    assert told["confidence_interval"]["method"] == "wilson"
    assert found["cost_usd"]["metric_config"]["lower_is_better"] is True
    assert found["cost_usd"]["metric_config"]["max_score"] == "Infinity"
    assert whole["eval_library"]["additional_details"]["seed"] == "20261121"


def test_a_line_for_each_score(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    _, whole, lines = exported(tmp_path, suite, made)
    found = {(line["sample_id"], int(line["metadata"]["repeat"]), line["evaluation_result_id"]): line for line in lines}
    assert len(found) == len(lines)
    missed = found["triage-0002", 0, "fields.queue"]
    assert missed["evaluation"] == {"score": 0.0, "is_correct": False}
    assert missed["output"]["raw"] == ['{"queue": "x", "urgency": "high"}\nfind({"q": "\\u00e9"})']
    assert json.loads(missed["input"]["reference"][0]) == suite.case(2).target
    assert missed["token_usage"]["total_tokens"] == 75
    assert missed["performance"]["latency_ms"] == 38.5
    assert found["triage-0005", 0, "passed"]["input"]["raw"].startswith("system: Be kind.\n\nuser: Hé?")
    assert found["triage-0006", 0, "passed"]["input"]["reference"] == ["yes", "no"]
    assert found["triage-0007", 0, "passed"]["metadata"]["cluster"] == "document-1"
    assert missed["metadata"] == {"repeat": "0", "tags": ", ".join(suite.tags_of(2))}
    assert "token_usage" not in found["triage-0004", 1, "passed"]
    # What has no score cannot be told: the format demands one.
    assert not [key for key in found if key[0] == "triage-0003"]
    assert ("triage-0000", 0, "passed") not in found
    assert ("triage-0000", 0, "fields") in found
    assert whole["source_metadata"]["additional_details"]["samples_left_out"] == "1"


def test_the_same_question_has_the_same_hash(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    candidate, baseline = (exported(tmp_path, suite, made, arm=arm)[2] for arm in ("candidate", "baseline"))
    hashes = [{line["sample_id"]: line["sample_hash"] for line in lines} for lines in (candidate, baseline)]
    both = hashes[0].keys() & hashes[1].keys()
    assert len(both) > 15
    assert all(hashes[0][name] == hashes[1][name] for name in both)


def test_exporting_again_writes_the_same_files(tmp_path: Path, suite: MadeSuite, made: list[Sample]) -> None:
    first, _, _ = exported(tmp_path, suite, made)
    before = first.read_bytes()
    second, _, _ = exported(tmp_path, suite, made)
    assert (second, second.read_bytes()) == (first, before)
    assert len(list(tmp_path.rglob("*.json*"))) == 2


def test_without_a_sample_there_is_no_second_file(tmp_path: Path, suite: MadeSuite) -> None:
    path, whole, lines = exported(tmp_path, suite, [])
    assert lines == []
    assert "detailed_evaluation_results" not in whole
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    schema("eval.schema.json").validate(whole)


@pytest.mark.parametrize("model", ["triage-v2", "/x", "x/", ""])
def test_a_model_without_its_developer_is_refused(tmp_path: Path, suite: MadeSuite, model: str) -> None:
    with pytest.raises(ConfigError, match="developer/name"):
        write(tmp_path, result(), suite, [], Publisher(model=model, organization="x"), created=CREATED)


def test_names_that_no_file_may_have(tmp_path: Path, suite: MadeSuite) -> None:
    about = msgspec.structs.replace(result().about, suite='../a b:c*"')
    made = msgspec.structs.replace(result(), about=about)
    publisher = Publisher(model="data/../x:y", organization="x")
    path = write(tmp_path, made, suite, [], publisher, created=CREATED)
    assert path.parent.relative_to(tmp_path).as_posix() == "data/_a_b_c_/data_/_x_y"


def test_samples_are_not_held(tmp_path: Path, suite: MadeSuite) -> None:
    """500 answers of 20 kB, each on five lines: 50 MB go through."""

    def many() -> Iterator[Sample]:
        for number in range(500):
            yield sample(8, "candidate", "x", repeat=number, text="y" * 20_000)

    def written() -> None:
        write(tmp_path, result(), suite, many(), PUBLISHER, created=CREATED)

    assert most_held(written, 2_000_000) < 2_000_000
