from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.evals.suite.load import load

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = """\
suite: a
system: Sort.
request: {temperature: 0, max_tokens: 9}
checks: {right: exact, short: {scorer: length, max: 9}}
cases:
- {input: one, target: {b: 1, a: 2}, checks: {right: json-fields}}
- {input: two, target: x, tags: [t], cluster: c}
"""


def digest(folder: Path, text: str) -> str:
    path = folder / "s.yaml"
    path.write_text(text)
    return load(path).digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("suite: a", "# a comment\nsuite: b\ndescription: c"),
        ("right: exact,", "right: {scorer: exact},"),
        ("{scorer: length, max: 9}", "{max: 9, scorer: length}"),
        ("{b: 1, a: 2}", "{a: 2, b: 1}"),
        ("{temperature: 0, max_tokens: 9}", "{max_tokens: 9, temperature: 0}"),
        ("- {input: one", "- {id: case-1, input: 'one'"),
        ("system: Sort.\n", 'system: "Sort."\nprompt: "{{input}}"\n'),
    ],
)
def test_what_changes_nothing_that_is_asked_or_scored(tmp_path: Path, old: str, new: str) -> None:
    assert old in PLAIN
    assert digest(tmp_path, PLAIN) == digest(tmp_path, PLAIN.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Sort.", "Sort!"),
        ("temperature: 0", "temperature: 1"),
        ("input: two", "input: 'two '"),
        ("target: x", "target: y"),
        ("a: 2", "a: 2.5"),
        ("max: 9}", "max: 8}"),
        ("right: exact", "right: contains"),
        ("short:", "brief:"),
        ("cluster: c", "cluster: d"),
        ("tags: [t]", "tags: [u]"),
        ("- {input: one", "- {id: x, input: one"),
        ("system: Sort.\n", 'system: Sort.\nprompt: "> {{input}}"\n'),
        ("system: Sort.\n", "system: Sort.\ntags: [all]\n"),
    ],
)
def test_what_changes_the_suite(tmp_path: Path, old: str, new: str) -> None:
    assert old in PLAIN
    assert digest(tmp_path, PLAIN) != digest(tmp_path, PLAIN.replace(old, new))


def test_the_order_of_cases_counts(tmp_path: Path) -> None:
    one, two = "- {id: 'a', input: one, target: x}\n", "- {id: 'b', input: two, target: x}\n"
    head = "suite: a\nchecks: {right: exact}\ncases:\n"
    assert digest(tmp_path, head + one + two) != digest(tmp_path, head + two + one)


def test_the_order_within_a_tool_counts_as_models_see_it(tmp_path: Path) -> None:
    tools = "{type: function, function: {name: f, parameters: {type: object, properties: {%s}}}}"
    one, two = (
        PLAIN.replace("max_tokens: 9", f"tools: [{tools % order}]") for order in ("a: {}, b: {}", "b: {}, a: {}")
    )
    assert digest(tmp_path, one) != digest(tmp_path, two)


def test_where_the_cases_stand_does_not_count(tmp_path: Path) -> None:
    cases: list[dict[str, Any]] = [{"input": "one", "target": "x"}, {"input": "ü😀", "target": ["y", "z"]}]
    (tmp_path / "c.jsonl").write_text("".join(f"{json.dumps(case)}\n\n" for case in cases))
    head = {"suite": "a", "checks": {"right": "exact"}}
    assert digest(tmp_path, json.dumps({**head, "cases": cases})) == digest(
        tmp_path, json.dumps({**head, "cases": "c.jsonl"})
    )


def test_the_digest_stays_as_it_is_from_version_to_version(tmp_path: Path) -> None:
    assert digest(tmp_path, PLAIN) == "5b00bc7ee00ddc895f935459f400f1aa3d415d3118c574f785abac1654280d71"
