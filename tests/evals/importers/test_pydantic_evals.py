from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evals.importers.bring import DATA, bring, refused

if TYPE_CHECKING:
    from pathlib import Path


def test_a_dataset(tmp_path: Path) -> None:
    suite, lost, loaded = bring("pydantic-evals", DATA / "pydantic-evals.yaml", tmp_path)
    assert suite["suite"] == "capitals"
    cases = {case["id"]: case for case in suite["cases"]}
    assert cases["norway"] == {
        "id": "norway",
        "input": "What is the capital of Norway?",
        "target": "Oslo",
        "tags": ["difficulty: easy"],
        "checks": {
            "EqualsExpected": {"scorer": "exact", "value": "Oslo", "strip": False},
            "Contains": {"scorer": "contains", "value": "oslo", "ignore_case": True},
            "LLMJudge": {"scorer": "rubric", "rubric": "Names Oslo and nothing else.", "route": "judge"},
        },
    }
    assert cases["structured"]["input"] == '{"country":"Norway","fields":["capital"]}'
    assert cases["structured"]["checks"]["EqualsExpected"] == {
        "scorer": "json-schema",
        "schema": {"const": {"capital": "Oslo"}},
    }
    assert cases["fast"]["checks"] == {
        "Equals": {"scorer": "exact", "value": "Oslo", "strip": False},
        "MaxDuration": {"scorer": "latency", "max_ms": 1500.0},
    }
    assert loaded.count == 3
    assert lost == [
        "pydantic-evals.yaml:32: the evaluator `HasMatchingSpan` is not carried: there is no scorer that does the same",
        "pydantic-evals.yaml:10: a judge here sees what was asked, too",
        "pydantic-evals.yaml:10: the model that judges, `openai:gpt-5.2`, became the route `judge`; give your config "
        "one, or name yours",
        "pydantic-evals.yaml:21: the evaluator `IsOslo` is not carried: there is no scorer that does the same",
        "pydantic-evals.yaml:15: `inputs` that are no text became their JSON text: what your task made of them is code",
        "pydantic-evals.yaml:27: `IsInstance: str` is not carried: every answer is text",
        "pydantic-evals.yaml:28: case `unchecked` is left out: no check of it could be carried",
    ]


@pytest.mark.parametrize(
    ("evaluator", "check"),
    [
        ("{name: Equals, arguments: {value: x}}", {"scorer": "exact", "value": "x", "strip": False}),
        ("{Equals: [1, 2]}", {"scorer": "json-schema", "schema": {"const": [1, 2]}}),
        ("{Equals: false}", {"scorer": "json-schema", "schema": {"const": False}}),
        ("{Contains: x}", {"scorer": "contains", "value": "x"}),
        ("{Contains: {value: 5, as_strings: true}}", {"scorer": "contains", "value": "5"}),
        ("{IsInstance: list}", {"scorer": "json-schema", "schema": {"type": "array"}}),
        ("{MaxDuration: {seconds: 0.25}}", {"scorer": "latency", "max_ms": 250.0}),
        ("{MaxDuration: PT1M30S}", {"scorer": "latency", "max_ms": 90000.0}),
        ("{LLMJudge: Good?}", {"scorer": "rubric", "rubric": "Good?", "route": "judge", "reference": False}),
    ],
)
def test_evaluators(tmp_path: Path, evaluator: str, check: object) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"cases:\n- inputs: a\nevaluators:\n- {evaluator}\n")
    suite, _, loaded = bring("pydantic-evals", path, tmp_path)
    assert list(suite["checks"].values()) == [check]
    assert loaded.count == 1


@pytest.mark.parametrize(
    "evaluator", ["{Contains: [1]}", "{IsInstance: M}", "{MaxDuration: soon}", "[x]", "{A: 1, B: 2}"]
)
def test_evaluators_that_are_not_carried(tmp_path: Path, evaluator: str) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(f"cases:\n- inputs: a\nevaluators:\n- {evaluator}\n")
    said = refused("pydantic-evals", path)
    assert said[0] == "d.yaml: nothing in this file could be carried"
    assert said[1].startswith("d.yaml:4: ")
    assert said[1].endswith(("not carried", "answers are text or JSON"))


def test_names_of_evaluations_are_names_of_checks(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(
        "cases:\n- inputs: a\nevaluators:\n- Contains: {value: x, evaluation_name: a.b}\n"
        "- Contains: {value: y, evaluation_name: passed}\n- Contains: z\n- Contains: w\n"
    )
    suite, _, _ = bring("pydantic-evals", path, tmp_path)
    assert list(suite["checks"]) == ["a_b", "passed-check", "Contains", "Contains-2"]


def test_what_is_no_dataset(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("- a\n")
    assert refused("pydantic-evals", path) == [
        "d.yaml:1: this is no dataset of pydantic-evals; it has a list of `cases`"
    ]
