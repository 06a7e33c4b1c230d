from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import ConfigError
from ajar.evals.suite import write as writing
from ajar.evals.suite.load import load
from ajar.evals.suite.write import dumped, write
from ajar.evals.suite.yaml_read import parse

if TYPE_CHECKING:
    from pathlib import Path

ODD = [
    "no",
    "1.10",
    "0o17",
    "017",
    "1e3",
    "2026-11-20",
    "12:30",
    "<<",
    "=",
    "null",
    "~",
    "",
    "True",
    "|",
    "0x1F",
    "1_000",
]
TEXTS = (
    st.text(max_size=12)
    | st.text(alphabet="ab \n\t:#-'\"|>&*!%@`,[]{}?=<~.019xeE_+/\\\r\x85\u2028\ufeff😀\x7f\x00", max_size=30)
    | st.text(alphabet="ab \n#:'\"-é\t", min_size=80, max_size=300)
    | st.sampled_from(
        [*ODD, ".5", "+.inf", "- a", " a", "a ", "\n", "a\n", "\na", "  a\n b", "a\n\n", "a \nb", "\ta\nb"]
    )
)
VALUES = st.recursive(
    TEXTS | st.integers(-(2**70), 2**70) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ONE_LINE = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
SUITES = st.fixed_dictionaries(
    {
        "suite": ONE_LINE,
        "checks": st.just({"any": {"scorer": "length", "min": 0}}),
        "cases": st.lists(
            st.fixed_dictionaries(
                {"input": TEXTS},
                optional={
                    "target": TEXTS
                    | st.lists(TEXTS, min_size=1, max_size=2)
                    | st.integers()
                    | st.dictionaries(TEXTS, VALUES, max_size=2),
                    "cluster": ONE_LINE,
                    "tags": st.lists(ONE_LINE, max_size=2),
                    "request": st.dictionaries(st.sampled_from(["stop", "tools", "seed"]), VALUES, max_size=2),
                    "checks": st.dictionaries(
                        st.sampled_from(["a", "no", "1"]), st.just({"scorer": "contains", "value": "no"})
                    ),
                },
            ),
            min_size=1,
            max_size=3,
        ),
    },
    optional={
        "description": TEXTS,
        "system": TEXTS,
        "prompt": TEXTS.map(lambda text: text + "{{input}}"),
        "tags": st.lists(ONE_LINE),
    },
)


@given(VALUES)
def test_yaml_that_is_written_is_read_as_the_same_values(value: object) -> None:
    parsed = parse(dumped({"value": value}))
    assert parsed.faults == []
    assert json.dumps(parsed.value) == json.dumps({"value": value})


@given(st.dictionaries(st.sampled_from(ODD), st.sampled_from([*ODD, 1, 1.5, True, None])))
def test_other_readers_read_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(dumped(value)) == value


@given(SUITES)
def test_a_suite_loads_to_the_same_digest(tmp_path_factory: pytest.TempPathFactory, suite: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "given.json").write_text(json.dumps(suite))
    given_digest = load(folder / "given.json").digest
    assert write(suite, folder / "written.yaml") == [folder / "written.yaml"]
    assert load(folder / "written.yaml").digest == given_digest


def test_it_reads_as_a_person_would_write_it() -> None:
    suite: dict[str, Any] = {
        "suite": "a",
        "prompt": "Sort this:\n\n  {{input}}\n",
        "tags": ["de", "orders"],
        "cases": [{"input": "Where is my order? 😀", "target": "no"}, {"input": [{"role": "user", "content": "x\ny"}]}],
    }
    assert (
        dumped(suite)
        == """\
suite: a
prompt: |
  Sort this:

    {{input}}
tags: [de, orders]
cases:
  - input: Where is my order? 😀
    target: 'no'
  - input:
      - role: user
        content: |-
          x
          y
"""
    )


def test_many_cases_go_into_a_file_beside_it(tmp_path: Path) -> None:
    cases = [{"input": f"Number {number}\nü", "target": str(number)} for number in range(writing.MOST_INLINE + 1)]
    suite = {"suite": "a", "checks": {"right": "exact"}, "cases": cases}
    (tmp_path / "given.json").write_text(json.dumps(suite))
    assert write(suite, tmp_path / "s.yaml") == [tmp_path / "s.yaml", tmp_path / "s.cases.jsonl"]
    assert len((tmp_path / "s.yaml").read_text().splitlines()) == 4
    assert load(tmp_path / "s.yaml").digest == load(tmp_path / "given.json").digest


def test_no_file_is_written_over_unasked(tmp_path: Path) -> None:
    (tmp_path / "s.cases.jsonl").write_text("mine\n")
    cases = [{"input": "x", "target": "y"}] * (writing.MOST_INLINE + 1)
    suite = {"suite": "a", "checks": {"right": "exact"}, "cases": cases}
    with pytest.raises(ConfigError, match=r"s\.cases\.jsonl: this file is there already"):
        write(suite, tmp_path / "s.yaml")
    assert not (tmp_path / "s.yaml").exists()
    write(suite, tmp_path / "s.yaml", force=True)
    with pytest.raises(ConfigError, match=r"s\.yaml: this file is there already"):
        write(suite, tmp_path / "s.yaml")
    with pytest.raises(ConfigError, match="cannot be written: no such file or directory"):
        write(suite, tmp_path / "gone" / "s.yaml")
