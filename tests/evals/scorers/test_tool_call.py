"""The scorer `tool-call`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.case import Case
from ajar.evals.scorers.registry import build

if TYPE_CHECKING:
    from ajar.evals.score import Score


def score(options: dict, *calls: tuple[str, str], target: object = None) -> Score:
    answer = Answer(tool_calls=tuple(ToolCall(*call) for call in calls))
    return build({"scorer": "tool-call", **options}).score(answer, Case(input="q", target=target))


COLD = ("weather", '{"city": "Köln", "days": 3, "at": {"hour": 9, "zone": "CET"}}')


@pytest.mark.parametrize(
    ("options", "calls", "why"),
    [
        ({"name": "weather"}, [COLD], None),
        ({"name": "weather"}, [], "calls no tool"),
        ({"name": "weather"}, [("news", "{}")], 'calls "news", not "weather"'),
        ({"name": "weather", "arguments": {"city": "Köln"}}, [COLD], None),
        ({"name": "weather", "arguments": {"days": 3.0, "at": {"hour": 9}}}, [COLD], None),
        ({"name": "weather", "arguments": {"days": "3"}}, [COLD], 'wrong arguments: "days"'),
        ({"name": "weather", "arguments": {"at": {"hour": 8}}}, [COLD], 'wrong arguments: "at"'),
        ({"name": "weather", "arguments": {"unit": "C"}}, [COLD], 'wrong arguments: "unit"'),
        (
            {"name": "weather", "arguments": {"city": "Köln"}, "exact": True},
            [COLD],
            "other arguments than the wanted ones",
        ),
        ({"name": "x", "arguments": {"a": 1}, "exact": True}, [("x", '{"a": 1}')], None),
        ({"name": "x", "arguments": {}, "exact": True}, [("x", "")], None),
        ({"name": "x", "arguments": {"a": 1}}, [("x", '{"a": 2}'), ("x", '{"a": 1}')], None),
        ({"name": "x", "arguments": {"a": 1}}, [("x", "{a: 1}")], "the arguments are not JSON"),
        ({"name": "x", "arguments": {"a": 1}}, [("x", "[1]")], "the arguments are no JSON object"),
        ({"name": "x", "count": 1}, [("x", ""), ("x", "")], "makes 2 such calls, not 1"),
        ({"name": "x", "count": 1}, [("x", ""), ("y", "")], None),
        ({"name": "x", "count": 0}, [("y", "")], None),
        ({"count": 0}, [], None),
        ({"count": 0}, [("y", "")], "makes 1 such calls, not 0"),
        ({"forbid": ["drop"]}, [("x", "")], None),
        ({"forbid": ["drop"]}, [("x", ""), ("drop", "")], 'calls "drop", which is forbidden'),
    ],
)
def test_values(options: dict, calls: list[tuple[str, str]], why: str | None) -> None:
    found = score(options, *calls)

    assert found.value == (1 if why is None else 0)
    assert found.why.startswith(why or "") == bool(found.why or why is None)


def test_the_target_may_be_the_call() -> None:
    target = {"name": "weather", "arguments": {"city": "Köln"}}

    assert score({}, COLD, target=target).value == 1
    assert score({}, ("weather", '{"city": "Bonn"}'), target=target).value == 0
    assert score({"exact": True}, COLD, target=target).value == 0
    assert score({}, COLD, target={"name": "weather"}).value == 1


@pytest.mark.parametrize("target", [None, "weather", {"arguments": {}}, {"name": 3}])
def test_a_check_that_wants_no_call_is_a_fault(target: object) -> None:
    scorer = build("tool-call")

    assert scorer.fault(Case(input="q", target=target))
    assert scorer.score(Answer(), Case(input="q", target=target)).value is None


@pytest.mark.parametrize(
    ("options", "said"),
    [({"name": "x", "exact": True}, "add them"), ({"name": "x", "forbid": ["x"]}, "wanted and forbidden")],
)
def test_options_that_cannot_be_meant(options: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build({"scorer": "tool-call", **options})
