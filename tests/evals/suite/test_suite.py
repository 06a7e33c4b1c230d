from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import ConfigError
from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.suite.suite import Suite


def suite(folder: Path, *, rows: bool = False, cases: list[dict[str, Any]], **head: Any) -> Suite:
    named: Any = cases
    if rows:
        (folder / "c.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases))
        named = "c.jsonl"
    path = folder / "s.json"
    path.write_text(json.dumps({"suite": "a", "checks": {"right": "exact"}, **head, "cases": named}))
    return load(path)


MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]
CASES: list[dict[str, Any]] = [
    {"input": "one", "target": "a", "tags": ["t", "de"], "cluster": "x"},
    {"input": MESSAGES, "target": "b", "request": {"temperature": 1, "seed": 7}},
    {"input": "{{input}} two", "target": "c", "cluster": "y", "id": "named", "tags": ["t"]},
    {
        "input": "three",
        "target": "d",
        "cluster": "x",
        "checks": {"right": "contains", "short": {"scorer": "length", "max": 5}},
    },
]
both = pytest.mark.parametrize("rows", [False, True])


@both
def test_what_is_asked(tmp_path: Path, rows: bool) -> None:
    asked = suite(
        tmp_path,
        rows=rows,
        cases=CASES,
        system="Sort.",
        prompt="Sort: {{ input }} / {{input}}",
        request={"temperature": 0},
    )
    assert asked.body(0) == {
        "messages": [{"role": "system", "content": "Sort."}, {"role": "user", "content": "Sort: one / one"}],
        "temperature": 0,
    }
    assert asked.body(1) == {"messages": MESSAGES, "temperature": 1, "seed": 7}, "messages are sent as they are"
    assert asked.body(2)["messages"][1]["content"] == "Sort: {{input}} two / {{input}} two", "filled in once"


@both
def test_what_is_known_of_each_case(tmp_path: Path, rows: bool) -> None:
    known = suite(tmp_path, rows=rows, cases=CASES, tags=["de"])
    assert [known.case(index).id for index in range(4)] == ["case-1", "case-2", "named", "case-4"]
    assert [known.tags_of(index) for index in range(4)] == [("de", "t"), ("de",), ("de", "t"), ("de",)]
    assert [known.case(index).tags for index in range(4)] == [known.tags_of(index) for index in range(4)]
    assert known.tag_names == ("de", "t")
    assert [known.cluster_of(index) for index in range(4)] == [0, None, 1, 0]


@both
def test_a_case_adds_checks_and_replaces_some(tmp_path: Path, rows: bool) -> None:
    checked = suite(
        tmp_path, rows=rows, cases=CASES, checks={"right": "exact", "fast": {"scorer": "latency", "max_ms": 9}}
    )
    assert {name: scorer.name for name, scorer in checked.scorers(0).items()} == {"right": "exact", "fast": "latency"}
    assert {name: scorer.name for name, scorer in checked.scorers(3).items()} == {
        "right": "contains",
        "fast": "latency",
        "short": "length",
    }


def test_scorers_that_are_said_in_the_same_words_are_one(tmp_path: Path) -> None:
    own: list[dict[str, Any]] = [
        {"input": "a", "target": "b", "checks": {"x": {"scorer": "length", "max": 5, "unit": "words"}}},
        {"input": "a", "target": "b", "checks": {"y": {"unit": "words", "scorer": "length", "max": 5}}},
    ]
    checked = suite(tmp_path, cases=own)
    assert checked.scorers(0)["x"] is checked.scorers(1)["y"]
    assert checked.scorers(0)["right"] is checked.scorers(1)["right"]


def test_a_changed_row_stops_the_run(tmp_path: Path) -> None:
    running = suite(tmp_path, rows=True, cases=CASES)
    path = tmp_path / "c.jsonl"
    path.write_text(path.read_text().replace('"one"', '"uno"'))
    for read in (running.case, running.body):
        with pytest.raises(ConfigError, match=r"c\.jsonl:1: the file was changed"):
            read(0)
    assert running.scorers(0), "what is the suite's own is not read again"
    assert running.case(1).target == "b"
