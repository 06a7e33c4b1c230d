from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ajar.evals.suite.yaml_read import Broken, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


def value(text: str) -> Any:
    parsed = parse(text)
    assert parsed.faults == []
    return parsed.value


def broken(text: str) -> Broken:
    with pytest.raises(Broken) as caught:
        parse(text)
    return caught.value


def test_values_are_those_of_the_core_schema() -> None:
    text = "a: no\nb: 2026-11-20\nc: '1'\nd: 1\ne: !!str 1\nf: ! 1\ng: !!float 1\nh: |\n  x\n   y\n1: one\n"
    assert value(text) == {
        "a": "no",
        "b": "2026-11-20",
        "c": "1",
        "d": 1,
        "e": "1",
        "f": "1",
        "g": 1.0,
        "h": "x\n y\n",
        "1": "one",
    }


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n", "---\n", "%YAML 1.2\n---\n"])
def test_a_file_that_says_nothing_is_none(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", [(3, "the key `a` stands here again (first in line 1); remove one")]),
        ("a: {x: 1, y: {z: 1, z: 2}}\nb: {c: 1, 'c': 1}", [(1, "`z` stands"), (2, "`c` stands")]),
        ("1: a\n'1': b\n", [(2, "the key `1` stands here again")]),
        (
            "a: !!python/object/apply:os.system [id]\n",
            [(1, "the tag `!!python/object/apply:os.system` is not read here")],
        ),
        ("a: !mine x\nb: !!timestamp 2026-11-20\n", [(1, "the tag `!mine`"), (2, "the tag `!!timestamp`")]),
        ("a: !!set {x: }\n", [(1, "the tag `!!set`")]),
        ("a: !!int x\n", [(1, "the tag `tag:yaml.org,2002:int` does not fit `x`")]),
        ("a: .nan\nb: [1e999]\n", [(1, "`.nan` is no number"), (2, "`1e999` is too large")]),
        ("? \n: x\n", [(1, "a key is missing before the `:`")]),
        ("a: {<<: 1}\n", [(1, "`<<` takes a mapping in")]),
        ("a: 1\n---\nb: 2\n", [(2, "a second document begins here; make it a file of its own")]),
    ],
)
def test_faults_are_told_with_their_lines_and_reading_goes_on(text: str, lines: list[tuple[int, str]]) -> None:
    faults = parse(text).faults
    assert len(faults) == len(lines)
    for (line, said), (wanted, words) in zip(faults, lines, strict=True):
        assert line == wanted
        assert words in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: b\nc: d: e\n", 2, "a text that holds `: ` must stand in quotes"),
        ("a: 1\n\tb: 2\n", 2, "a tab may not indent"),
        ("a: 1\nb: 'x\nc: 2\n", 2, "the quotes that open here are not closed"),
        ("a: [1, 2\nb: 3\n", 2, "`,` or the closing `]` is missing"),
        ("a: 1\n b: 2\n", 2, "or the line is indented too far"),
        ("- a\nb: 1\n", 2, "mend its indentation"),
        ("a: {{input}}\n", 1, "a key must be text; put what begins with `{{`"),
        ("[a, b]: 1\n", 1, "a key must be text"),
        ("a: *gone\n", 1, "`*gone` stands for nothing; write `&gone`"),
        ("a: &a [*a]\n", 1, "`*a` stands for nothing"),
        ("a: 1\nb: \x07\n", 2, "the character U+0007 may not stand in YAML"),
        ("a: 1\r\nb: 2\r\nc: \x85\n", 3, "the character U+0085 would be read as the end of a line"),
        ("a: x\u2028y\n", 1, "U+2028"),
        ("a: @x\n", 1, "begins with %, @ or `"),
        ("a: 1\n...\nb: 2\n", 3, "does not belong to what stands above"),
    ],
)
def test_what_cannot_be_read_on_is_told_in_plain_words(text: str, line: int, words: str) -> None:
    error = broken(text)
    assert error.line == line
    assert words in error.text


def test_each_part_knows_its_line() -> None:
    parsed = parse("a:\n  - x\n  - k: 1\n    l: [2,\n      3]\nb: &b\n  c: 1\nd: *b\n")
    root = parsed.value
    assert parsed.lines[id(root), "b"] == 6
    assert parsed.lines[id(root["a"]), 1] == 3
    assert parsed.lines[id(root["a"][1]), "l"] == 4
    assert parsed.lines[id(root["a"][1]["l"]), 1] == 5
    assert root["d"] is root["b"], "an alias copies nothing"
    assert parsed.lines[id(root["d"]), "c"] == 7


def test_scalars_that_do_not_show_what_they_are_known() -> None:
    parsed = parse("a: 1.10\nb: [True, 007, 1.5, '1.10', true, {c: ~}]\nd:\ne: 12\nf: null\n")
    root = parsed.value
    assert parsed.odd == {
        (id(root), "a"): "1.10",
        (id(root["b"]), 0): "True",
        (id(root["b"]), 1): "007",
        (id(root["b"][5]), "c"): "~",
        (id(root), "d"): "",
    }


def test_merge_keys_take_in_what_the_mapping_does_not_say() -> None:
    text = "base: &base {x: 1, y: 1.10}\nother: &other {y: 3, z: 4}\n"
    text += "a: {<<: *base, x: 2}\nb: {<<: [*base, *other]}\nc: {'<<': 1}\n"
    parsed = parse(text)
    assert parsed.value["a"] == {"x": 2, "y": 1.1}
    assert parsed.value["b"] == {"x": 1, "y": 1.1, "z": 4}
    assert parsed.value["c"] == {"<<": 1}
    assert parsed.odd[id(parsed.value["a"]), "y"] == "1.10"


def bomb(entry: str, levels: int) -> str:
    lines = (f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, levels))
    return f"a0: &a0 {entry}\n{''.join(lines)}"


@pytest.mark.parametrize(
    "text",
    [
        bomb("[lol, lol]", 40),
        bomb("'" + "x" * 1000 + "'", 40),
        "a0: &a0 {k: v}\n"
        + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60)),
    ],
)
def test_a_bomb_of_aliases_does_not_go_off(text: str) -> None:
    started = time.process_time()
    error = broken(text)
    assert "stand for far more than it holds" in error.text
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_ends_in_an_error(text: str) -> None:
    started = time.process_time()
    broken(text)
    assert time.process_time() - started < 5


@given(st.text(max_size=40) | st.text(alphabet="ab:-#'\"|>&*!%@`,[]{}? \n\t0.~<", max_size=60))
def test_any_text_is_a_value_or_a_known_error(text: str) -> None:
    try:
        parsed = parse(text)
    except Broken as error:
        line = error.line
    else:
        msgspec.json.encode(parsed.value)
        return
    assert 1 <= line <= text.count("\n") + text.count("\r") + 1


@given(VALUES)
def test_what_pyyaml_writes_is_read_as_it_was(given_value: Any) -> None:
    text = yaml.dump(given_value, Dumper=yaml.SafeDumper, default_style='"', sort_keys=False)
    assert msgspec.json.encode(value(text)) == msgspec.json.encode(given_value)
