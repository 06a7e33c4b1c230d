"""A scorer built from what a suite says, and what is said where that cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ajar.errors import ConfigError
from ajar.evals.scorers.registry import build, scorer_kinds


def problems(spec: object) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        build(spec)
    return raised.value.problems


def test_a_name_alone_is_a_scorer_with_its_defaults() -> None:
    assert build("exact") == build({"scorer": "exact"})


def test_options_are_taken() -> None:
    assert build({"scorer": "exact", "ignore_case": True, "threshold": 0.5}).threshold == 0.5


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("exat", "there is no scorer `exat`; did you mean `exact`?"),
        ({"scorer": "json_fields"}, "there is no scorer `json_fields`; did you mean `json-fields`?"),
        (3, "a check is the name of a scorer, or a mapping such as `{scorer: exact, ignore_case: true}`"),
        ({"scorer": "exact", "ignorecase": True}, "unknown option `ignorecase`; did you mean `ignore_case`?"),
        ({"scorer": "exact", "value": 3}, "`value` must be text or a list, not 3; write it in quotes"),
        ({"scorer": "exact", "value": ["a", 3]}, "`value[1]` must be text, not a whole number"),
        ({"scorer": "exact", "negate": "yes"}, '`negate` must be true or false, not the text "yes"'),
        ({"scorer": "exact", "threshold": 0}, "`threshold` must be a number above 0.0, not 0"),
        ({"scorer": "exact", "threshold": 1.5}, "`threshold` must be a number of at most 1.0, not 1.5"),
        ({"scorer": "exact", "threshold": float("nan")}, "`threshold` must be finite"),
        ({"scorer": "latency"}, "`max_ms` is missing: the most milliseconds that an answer may take"),
        (
            {"scorer": "length", "max": 3, "unit": "word"},
            '`unit` must be `characters` or `tokens` or `words`, not the text "word"; did you mean `words`?',
        ),
        ({"scorer": "contains", "any": []}, "`any` must not be empty"),
        ({"scorer": "choice", "choices": ["a"]}, "`choices` must have at least 2 items"),
        ({"scorer": "json-fields", "compare": {"a": {"tolerence": 1}}}, "unknown option `compare.a.tolerence`"),
        ({"scorer": "numeric", "value": None, "where": "begin"}, "`where` must be `first` or `last`"),
        ({"scorer": "latency", "max_ms": None}, "`max_ms` must be a number, not null"),
        ({"scorer": "latency", "max_ms": True}, "`max_ms` must be a number, not true"),
        ({"scorer": "json-schema", "schema": ["a"]}, "`schema` must be a mapping, not a list"),
        ({"scorer": "json-schema", "schema": {"enum": [float("inf")]}}, "`schema` must be finite"),
        ({"scorer": "json-fields", "fields": {"a": 1}}, "`fields` must be a list, not a mapping"),
        ({"scorer": "json-fields", "compare": {"a": 1}}, "`compare.a` must be a mapping, not 1"),
        ({"scorer": "rubric", "rubric": "good"}, "`route` is missing: the route, or `deployment:NAME`, that judges"),
    ],
)
def test_what_is_wrong_is_said_in_words(spec: object, expected: str) -> None:
    (problem,) = problems(spec)

    assert expected in problem


def test_a_mapping_without_a_scorer_is_told_which_there_are() -> None:
    (problem,) = problems({"ignore_case": True})

    assert problem.startswith("`scorer` is missing or is not text; add `scorer: NAME`")
    assert "`exact`" in problem


def test_all_faults_are_told_at_once() -> None:
    assert len(problems({"scorer": "exact", "ignorecase": 1, "value": 3, "strip": "no"})) == 3


def test_an_option_that_was_meant_is_not_missed_too() -> None:
    (problem,) = problems({"scorer": "latency", "max_msec": 3})

    assert "did you mean `max_ms`?" in problem


def test_the_kinds_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        scorer_kinds()["mine"] = None  # type: ignore[index]


def test_importing_scorers_loads_nothing_heavy() -> None:
    code = "import sys; from ajar.evals.scorers import registry; registry.scorer_kinds(); print('numpy' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
