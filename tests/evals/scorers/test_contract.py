"""What holds for every scorer, each found by the registry and built from its example in the documentation."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import cache
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.case import Case
from ajar.evals.scorer import Judge, Scorer
from ajar.evals.scorers.registry import build, scorer_kinds

if TYPE_CHECKING:
    from ajar.evals.score import Score

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/evals/scorers.md").read_text("utf-8")
NAMES = sorted(scorer_kinds())
EXPECTED = {
    *("exact", "contains", "regex", "numeric", "choice", "json", "json-schema", "json-fields", "similarity"),
    *("length", "refusal", "latency", "cost", "finish-reason", "tool-call", "python", "rubric"),
}

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_TEXTS = st.one_of(
    st.text(),
    st.text(st.sampled_from('aB \ud800\udc00{}".'), max_size=20),  # half surrogates too
    _VALUES.map(lambda value: json.dumps(value)),
    st.lists(
        st.sampled_from(
            ["The answer is ", "(B)", "-1,234.5", "1e999", "```json\n", "{", "}", '{"intent": ', "NaN", "\n"]
        ),
        max_size=6,
    ).map("".join),
)
_ANSWERS = st.builds(
    Answer,
    text=_TEXTS,
    tool_calls=st.lists(
        st.builds(ToolCall, name=st.sampled_from(["get_weather", "other"]) | st.text(max_size=3), arguments=_TEXTS),
        max_size=3,
    ).map(tuple),
    finish_reason=st.none() | st.sampled_from(["stop", "length", "content_filter"]) | st.text(max_size=3),
    refusal=st.none() | st.text(max_size=3),
    usage=st.builds(Usage, output_tokens=st.none() | st.integers(0, 10**6)),
    cost_usd=st.none() | st.floats(0, 1),
    latency_ms=st.floats(0, 10**7),
)
_CASES = st.builds(
    Case,
    input=st.text(max_size=5)
    | st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": _VALUES}), max_size=2),
    target=_VALUES
    | st.sampled_from([{"answer": "B", "choices": ["x", "y"]}, {"name": "get_weather", "arguments": {}}]),
)


@pytest.fixture(autouse=True)
def my_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that the example of `python` names."""
    module = ModuleType("my_checks")
    vars(module)["rhymes"] = lambda text, case, answer, *, lines: {
        "value": len(text) % 2,
        "why": text,
        "fields": {text: 1},
    }
    monkeypatch.setitem(sys.modules, "my_checks", module)


def examples(name: str) -> dict:
    section = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert section, f"docs/evals/scorers.md has no section `{name}`"
    return yaml.safe_load(re.search(r"```yaml\n(.*?)```", section[1], re.DOTALL)[1])


def scorers(name: str) -> list[Scorer]:
    return [build(check, allow=["my_checks"]) for check in examples(name)["checks"].values()]


def judged(scorer: Scorer, answer: Answer, case: Case, said: str = "") -> Score:
    if not isinstance(scorer, Judge):
        return scorer.score(answer, case)

    async def infer(body: dict) -> Answer:
        msgspec.json.encode(body)
        return Answer(text=said)

    return asyncio.run(scorer.judge(answer, case, infer))


def test_every_scorer_that_is_promised_is_there() -> None:
    assert set(NAMES) == EXPECTED


@pytest.mark.parametrize("name", NAMES)
def test_each_stands_in_a_file_of_its_name_and_is_documented(name: str) -> None:
    kind = scorer_kinds()[name]

    assert kind.__module__.rpartition(".")[2] == name.replace("-", "_")
    assert kind.__doc__
    assert "Scorer(" not in kind.__doc__
    options = msgspec.json.schema_components([kind])[1][kind.__name__]["properties"]
    undescribed = [option for option, said in options.items() if not said.get("description")]
    assert undescribed == []
    row = re.search(rf"^\| \[`{name}`\].*$", PAGE, re.MULTILINE)
    assert row
    unlisted = [option for option in options if option != "threshold" and f"`{option}`" not in row[0]]
    assert unlisted == []


@pytest.mark.parametrize("name", NAMES)
def test_each_example_can_be_built_and_fits_its_case(name: str) -> None:
    case = Case(input="", target=examples(name).get("target"))

    for scorer in scorers(name):
        assert scorer.name == name
        assert scorer.fault(case) is None


@pytest.mark.parametrize("name", NAMES)
@given(answer=_ANSWERS, case=_CASES, said=_TEXTS)
@settings(max_examples=150, deadline=None)
def test_none_ever_raises_and_every_value_is_one(name: str, answer: Answer, case: Case, said: str) -> None:
    for case_, scorer in product((case, _own(name)), _built(name)):
        scorer.fault(case_)
        score = judged(scorer, answer, case_, said)
        msgspec.json.encode(score)

        if score.value is None:
            assert score.why
            continue
        assert 0 <= score.value <= 1
        assert not scorer.binary or score.value in (0, 1)
        assert all(0 <= value <= 1 for value in (score.fields or {}).values())
        if case_ is not case:
            assert scorer.fault(case_) is None


@cache
def _own(name: str) -> Case:
    return Case(input="", target=examples(name).get("target"))


@cache
def _built(name: str) -> list[Scorer]:
    return scorers(name)
