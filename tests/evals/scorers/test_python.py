"""The scorer `python`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers import python
from ajar.evals.scorers.python import Python
from ajar.evals.scorers.registry import build

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "checks_of_a_suite"
SOURCE = """
import sys
class Float:
    def __float__(self): return 0.5
def given(text, case, answer, **options):
    return {"value": 1, "why": f"{text} {case['input']} {answer['text']} {options}"}
def returns(text, case, answer, *, what): return what
def nan(text, case, answer): return float("nan")
def lengthy(text, case, answer): return Float()
def fields(text, case, answer): return {"value": 0.5, "fields": {"a": True, "b": 0}}
def raises(text, case, answer): raise KeyError("k")
def leaves(text, case, answer): sys.exit(3)
def changes(text, case, answer): case.clear(); return True
async def later(text, case, answer): return True
number = 3
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{MODULE}.py").write_text(SOURCE)
    (tmp_path / "broken_checks.py").write_text("raise RuntimeError('no')")
    (tmp_path / "leaving_checks.py").write_text("import sys; sys.exit('bye')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in (MODULE, "broken_checks", "leaving_checks"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def score(function: str, **options: object) -> Score:
    spec = {"scorer": "python", "call": f"{MODULE}:{function}", "options": options}
    return build(spec, allow=[MODULE]).score(Answer(text="said"), Case(input="asked"))


def test_it_is_called_with_text_case_answer_and_options() -> None:
    assert score("given", a=1) == Score(1.0, "said asked said {'a': 1}")


@pytest.mark.parametrize(("returned", "value"), [(True, 1), (False, 0), (0.25, 0.25), (1, 1), ({"value": 0.5}, 0.5)])
def test_values(returned: object, value: float) -> None:
    assert score("returns", what=returned).value == value


def test_fields_and_numbers_of_other_kinds() -> None:
    assert score("fields") == Score(0.5, "", {"a": 1.0, "b": 0.0})
    assert score("lengthy").value == 0.5


@pytest.mark.parametrize(
    "returned",
    [2, -0.1, None, "1", [1], {}, {"value": 2}, {"value": 1, "wy": ""}, {"value": 1, "fields": {"a": 3}}],
)
def test_anything_else_has_no_value(returned: object) -> None:
    found = score("returns", what=returned)

    assert found.value is None
    assert found.why.startswith(f"`{MODULE}:returns` returned ")


def test_what_is_no_number_has_no_value() -> None:
    assert score("nan").value is None


def test_a_function_may_say_that_there_is_no_value() -> None:
    assert score("returns", what={"value": None, "why": "no data"}) == Score(None, "no data")


@pytest.mark.parametrize(("function", "said"), [("raises", "KeyError: 'k'"), ("leaves", "SystemExit: 3")])
def test_what_it_raises_has_no_value(function: str, said: str) -> None:
    assert score(function) == Score(None, f"`{MODULE}:{function}` raised {said}")


def test_it_cannot_change_the_case() -> None:
    scorer = build({"scorer": "python", "call": f"{MODULE}:changes"}, allow=[MODULE])
    case = Case(input="asked", target={"a": 1})

    assert scorer.score(Answer(), case).value == 1
    assert case == Case(input="asked", target={"a": 1})


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite's folder, which is not on Python's path."""
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "neighbour_helper.py").write_text("VALUE = 0.25")
    (folder / "neighbour_checks.py").write_text(
        "from neighbour_helper import VALUE\ndef quarter(text, case, answer): return VALUE"
    )
    for name in ("neighbour_checks", "neighbour_helper"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        python._beside.pop(name, None)
    return folder


def neighbour(folder: Path) -> Score:
    spec = {"scorer": "python", "call": "neighbour_checks:quarter"}
    return build(spec, allow=["neighbour_checks"], folder=folder).score(Answer(), Case(input="q"))


def test_a_module_may_lie_beside_the_suite(beside: Path) -> None:
    before = list(sys.path)
    assert neighbour(beside).value == 0.25
    assert neighbour(beside).value == 0.25
    assert sys.path == before


def test_two_suites_with_a_module_of_the_same_name_are_refused(beside: Path, tmp_path: Path) -> None:
    assert neighbour(beside).value == 0.25
    with pytest.raises(ConfigError, match=r"there is another `neighbour_checks` in .*suites; rename one of the two"):
        neighbour(tmp_path)


@pytest.mark.usefixtures("module")
def test_what_lies_beside_a_suite_never_stands_in_for_an_installed_module(beside: Path) -> None:
    (beside / f"{MODULE}.py").write_text("raise RuntimeError('the wrong one')")
    spec = {"scorer": "python", "call": f"{MODULE}:fields"}
    assert build(spec, allow=[MODULE], folder=beside).score(Answer(), Case(input="q")).value == 0.5


def refused(call: str, allow: list[str]) -> str:
    with pytest.raises(ConfigError) as raised:
        build({"scorer": "python", "call": call}, allow=allow)
    return str(raised.value)


def test_no_module_is_imported_that_is_not_allowed_by_its_own_name() -> None:
    assert "allow it with `--allow-module broken_checks`" in refused("broken_checks:x", [])
    assert "may not call" in refused("ajar.evals.sample:Sample", ["ajar", "ajar.evals"])
    assert "broken_checks" not in sys.modules


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("broken_checks:x", "the module `broken_checks` cannot be imported: RuntimeError: no"),
        ("leaving_checks:x", "cannot be imported: SystemExit: bye"),
        ("absent_checks:x", "cannot be imported: ModuleNotFoundError"),
        (f"{MODULE}:absent", "has no function `absent`"),
        (f"{MODULE}:number", "has no function `number`"),
        (f"{MODULE}:later", "is asynchronous"),
        (MODULE, "has not the form that it needs: The function, as `module:function`"),
    ],
)
def test_what_cannot_be_called_is_told_when_it_is_loaded(call: str, said: str) -> None:
    assert said in refused(call, [MODULE, "broken_checks", "leaving_checks", "absent_checks"])


def test_a_scorer_that_was_not_admitted_calls_nothing() -> None:
    score = Python(call=f"{MODULE}:leaves").score(Answer(), Case(input="q"))

    assert score == Score(None, f"`{MODULE}:leaves` was not allowed")
