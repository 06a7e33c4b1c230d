"""`ajar eval` from the command line to its exit code, against an endpoint on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evals.run.chat import Asked, Chat, Said, completion, error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.conftest import Ran

CASES = 60


def script(asked: Asked) -> Said:
    """`good` is right always, `broken` never answers, any other is right in half of the cases."""
    model, number = asked.body["model"], int(asked.text.split()[-1])
    if model == "broken":
        return error(400, "no such thing")
    return Said(body=completion("yes" if model == "good" or number % 2 else "no"))


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat(script) as server:
        yield server


@pytest.fixture
def suite(here: Path) -> str:
    cases = "".join(f"  - {{input: question {number}, target: yes}}\n" for number in range(CASES))
    (here / "s.yaml").write_text(f"suite: s\nchecks: {{right: exact}}\ncases:\n{cases}")
    return "s.yaml"


Run = "Callable[..., Ran]"


def test_one_model(ajar: Callable[..., Ran], chat: Chat, suite: str) -> None:
    ran = ajar("eval", suite, "--on", "poor", "--base-url", chat.url)
    assert ran.code == 0, ran.err
    assert "passed" in ran.out
    assert "50.0%" in ran.out
    assert "report.html" in ran.out


@pytest.mark.parametrize(
    ("on", "against", "code", "verdict"),
    [("good", "poor", 0, "PASS"), ("poor", "good", 1, "FAIL"), ("poor", "bad", 2, "INCONCLUSIVE")],
)
def test_a_gate(
    ajar: Callable[..., Ran], chat: Chat, suite: str, on: str, against: str, code: int, verdict: str
) -> None:
    ran = ajar("eval", suite, "--on", on, "--against", against, "--base-url", chat.url, "--gate", "--margin", "3%")
    assert ran.code == code, ran.err
    assert verdict in ran.out
    assert "cases would settle it" in ran.out or "more cases" in ran.out or "cases" in ran.out


def test_a_model_that_does_not_answer_is_no_failure_of_the_gate(
    ajar: Callable[..., Ran], chat: Chat, suite: str
) -> None:
    ran = ajar("eval", suite, "--on", "broken", "--against", "good", "--base-url", chat.url, "--gate")
    assert ran.code == 3
    assert "ajar eval --resume" in ran.err


def test_a_run_that_stopped_goes_on(ajar: Callable[..., Ran], chat: Chat, suite: str) -> None:
    chat.script = lambda asked: error(400) if int(asked.text.split()[-1]) >= 0 else script(asked)
    stopped = ajar("eval", suite, "--on", "good", "--base-url", chat.url)
    assert stopped.code == 3
    chat.script = script
    ran = ajar("eval", "--resume", "last", "--retry-errors", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["arms"]["candidate"]["samples"] == CASES
    assert ran.json["arms"]["candidate"]["errors"] == {}


def test_a_gate_never_looks_at_kept_answers(ajar: Callable[..., Ran], chat: Chat, suite: str) -> None:
    two = (suite, "--on", "good", "--against", "poor", "--base-url", chat.url)
    assert ajar("eval", *two, "--cache", "kept").code == 0
    asked = chat.count
    assert ajar("eval", *two, "--cache", "kept").code == 0
    assert chat.count == asked
    for again in (("--resume", "last", "--gate"), ("report", "last", "--gate")):
        ran = ajar("eval", *again)
        assert ran.code == 3
        assert "120 answers of this run came from a cache" in ran.err


def test_the_report_once_more(ajar: Callable[..., Ran], chat: Chat, suite: str, here: Path) -> None:
    ajar("eval", suite, "--on", "good", "--against", "poor", "--base-url", chat.url, "--output", "r")
    first = (here / "r" / "result.json").read_bytes()
    asked = chat.count
    ran = ajar("eval", "report", "r", "--json")
    assert ran.code == 0, ran.err
    assert chat.count == asked
    assert (here / "r" / "result.json").read_bytes() == first
    (here / "s.yaml").write_text((here / "s.yaml").read_text().replace("question 3,", "question three,"))
    changed = ajar("eval", "report", "r")
    assert changed.code == 3
    assert "is not what this run asked any more" in changed.err


def test_many_suites_one_verdict(ajar: Callable[..., Ran], chat: Chat, suite: str, here: Path) -> None:
    (here / "t.yaml").write_text((here / suite).read_text().replace("suite: s", "suite: t"))
    (here / "gate.yaml").write_text("gate: g\non: good\nagainst: poor\nsuites: [{suite: s.yaml}, {suite: t.yaml}]\n")
    ran = ajar("eval", "gate", "gate.yaml", "--base-url", chat.url)
    assert ran.code == 0, ran.err
    assert ran.out.count("PASS") == 3
    worse = ajar("eval", "gate", "gate.yaml", "--base-url", chat.url, "--on", "poor", "--against", "good", "--json")
    assert worse.code == 1
    assert [each["verdict"] for each in worse.json["decisions"]] == ["FAIL", "FAIL"]
    half = ajar("eval", "gate", "gate.yaml", "--base-url", chat.url, "--on", "broken")
    assert half.code == 3


def test_two_suites_of_one_name_are_refused(ajar: Callable[..., Ran], suite: str, here: Path) -> None:
    (here / "t.yaml").write_text((here / suite).read_text())
    (here / "gate.yaml").write_text("gate: g\non: a\nagainst: b\nsuites: [{suite: s.yaml}, {suite: t.yaml}]\n")
    ran = ajar("eval", "gate", "gate.yaml", "--base-url", "http://127.0.0.1:9/v1")
    assert ran.code == 3
    assert "two suites have the name `s`" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["s.yaml"], "--on"),
        (["--on", "x"], "SUITE"),
        (["s.yaml", "--on", "a", "--base-url", "http://x/v1", "--gate"], "--against"),
        (["s.yaml", "--on", "a", "--against", "b", "--gate", "--cache", "c"], "--cache"),
        (["s.yaml", "--on", "a", "--against", "b", "--margin", "much"], "a margin is a number"),
        (["s.yaml", "--on", "a", "--api-key", "secret"], "env:NAME"),
        (["s.yaml", "--on", "a", "--api-key", "env:NOT_THERE"], "NOT_THERE"),
        (["plan"], "--difference"),
        (["plan", "--difference", "0"], "no number of cases"),
    ],
)
@pytest.mark.usefixtures("suite")
def test_wrong_usage(ajar: Callable[..., Ran], here: Path, arguments: list[str], told: str) -> None:
    (here / "ajar.toml").write_text(
        '[deployments.a]\nprovider = "openai-compatible"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
        '[deployments.b]\nprovider = "openai-compatible"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
        '[routes.r]\nprimary = "a"\n'
    )
    ran = ajar("eval", *arguments)
    assert ran.code == 64, ran.err
    assert told in ran.err
    assert not (here / ".ajar").exists()


def test_an_unknown_name_and_the_nearest(ajar: Callable[..., Ran], suite: str) -> None:
    ran = ajar("eval", suite, "--on", "triage-v3")
    assert ran.code == 3
    assert "did you mean `triage-v" in ran.err


def test_a_suite_that_is_wrong_or_not_there(ajar: Callable[..., Ran], here: Path) -> None:
    assert ajar("eval", "nothing.yaml", "--on", "x").code == 3
    (here / "s.yaml").write_text("suite: s\nchecks: {a: exat}\ncases: [{input: x, target: y}]\n")
    ran = ajar("eval", "s.yaml", "--on", "x")
    assert ran.code == 3
    assert "s.yaml:2" in ran.err
    assert "exact" in ran.err


def test_exports_and_the_schema(ajar: Callable[..., Ran], chat: Chat, suite: str, here: Path) -> None:
    ajar("eval", suite, "--on", "good", "--base-url", chat.url)
    ran = ajar("eval", "export", "inspect", "last", "log.json")
    assert ran.code == 0, ran.err
    assert json.loads((here / "log.json").read_bytes())["version"] == 2
    assert ajar("eval", "export", "every-eval-ever", "last", "out").code == 64
    ran = ajar("eval", "export", "every-eval-ever", "last", "out", "--model", "d/m", "--organization", "o")
    assert ran.code == 0, ran.err
    assert json.loads(ajar("eval", "schema").out)["$schema"].startswith("https://json-schema.org/")


def test_an_import(ajar: Callable[..., Ran], here: Path) -> None:
    (here / "x.jsonl").write_text('{"input": "2 + 2?", "ideal": "4"}\n')
    ran = ajar("eval", "import", "openai-evals", "x.jsonl", "y.yaml")
    assert ran.code == 0, ran.err
    assert "1 case" in ran.out
    assert ajar("eval", "import", "openai-evals", "x.jsonl", "y.yaml").code == 3
    assert ajar("eval", "import", "openai-evals", "x.jsonl", "y.yaml", "--force").code == 0


def test_the_help_names_every_command(ajar: Callable[..., Ran]) -> None:
    out = ajar("eval", "--help").out
    for name in ("run", "gate", "plan", "report", "import", "export", "schema"):
        assert f"  {name} " in out
        assert ajar("eval", name, "--help").code == 0
