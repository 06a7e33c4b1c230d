from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from ajar.evals.case import Case
from ajar.evals.scorers.registry import scorer_kinds
from ajar.evals.suite.schema import encoded, schema

PUBLISHED = Path(__file__).resolve().parents[3] / "docs" / "suite.schema.json"
RIGHT: dict[str, Any] = {
    "$schema": "suite.schema.json",
    "suite": "a",
    "checks": {"right": "exact", "short": {"scorer": "length", "max": 9, "threshold": 0.5}},
    "request": {"temperature": 0},
    "cases": [
        {"input": "x", "target": "y", "tags": ["t"], "cluster": "c", "id": "i", "checks": {"own": "refusal"}},
        {
            "input": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{}]}],
            "request": {"seed": 1},
        },
    ],
}


def faults(value: object) -> list[str]:
    validator = jsonschema_rs.validator_for(schema())
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


def test_the_published_schema_is_fresh() -> None:
    assert PUBLISHED.read_bytes() == encoded(), "run `ajar eval schema > docs/suite.schema.json`"


def test_it_is_a_schema_of_its_dialect() -> None:
    jsonschema_rs.meta.validate(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_takes_a_suite() -> None:
    assert faults(RIGHT) == []
    assert faults({**RIGHT, "cases": "c.jsonl"}) == []


def test_every_key_and_every_option_has_a_description() -> None:
    said = schema()
    parts = [said, said["$defs"]["case"], *(said["$defs"][f"scorer-{name}"] for name in scorer_kinds())]
    silent = [
        key
        for part in parts
        for key, value in part["properties"].items()
        if key != "scorer" and not value.get("description")
    ]
    assert silent == []
    assert said["$defs"]["case"]["properties"].keys() == set(Case.__struct_fields__)
    assert all(part.get("description") for part in parts)


def changed(path: str, value: object) -> dict[str, Any]:
    """The right suite with another value at `path`."""
    suite = msgspec.json.decode(msgspec.json.encode(RIGHT))
    *keys, last = (int(key) if key.isdigit() else key for key in path.split("/"))
    part = suite
    for key in keys:
        part = part[key]
    part[last] = value
    return suite


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("sytem", "x", ": "),
        ("suite", "", "suite: "),
        ("cases", [], "cases: "),
        ("cases/0/inptu", "x", "cases/0: "),
        ("cases/0/input", 17, "cases/0/input: "),
        ("cases/0/tags", "t", "cases/0/tags: "),
        ("cases/1/input/0/role", "usr", "cases/1/input/0/role: "),
        ("cases/1/request/model", "m", "cases/1/request: "),
        ("checks/right", "exat", "checks/right: "),
        ("checks/right", "latency", "checks/right: "),
        ("checks/short/mx", 9, "checks/short: "),
        ("checks/short/max", "9", "checks/short/max: "),
        ("checks/short/scorer", "lenght", "checks/short/scorer: "),
        ("checks/short/threshold", 0, "checks/short/threshold: "),
        ("checks/passed", "exact", "checks: "),
        ("checks/a.b", "exact", "checks: "),
        ("cases/0/checks/own", {"ignore_case": True}, "cases/0/checks/own: "),
    ],
)
def test_it_underlines_mistakes_where_they_are(path: str, value: object, at: str) -> None:
    found = faults(changed(path, value))
    assert found
    assert all(fault.startswith(at) for fault in found)
