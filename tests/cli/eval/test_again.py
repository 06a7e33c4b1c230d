"""A run that goes on, or is reported again, holds to what it was begun with."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from ajar.evals.folder import Folder
from ajar.evals.run.lines import read_header
from cli.eval.conftest import CASES
from evals.run.chat import error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran
    from evals.run.chat import Chat


def begin(models: Chat, *more: str, on: str = "poor", against: str = "good") -> list[str]:
    return ["eval", "refunds.yaml", "--on", on, "--against", against, "--base-url", models.url, *more]


def hinted(ran: Ran) -> list[str]:
    """The command that standard error says to go on with."""
    return shlex.split(ran.err.splitlines()[-1])


@pytest.mark.usefixtures("refunds")
def test_the_printed_command_ends_with_the_gate_that_was_asked_for(
    ajar: Callable[..., Ran],
    interrupted: Callable[..., Ran],
    models: Chat,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-secret")
    (here / "a.toml").write_text('[deployments.a]\nprovider = "ollama"\nmodel = "m"\n[routes.r]\nprimary = "a"\n')
    more = ("--margin", "3%", "--confidence", "0.9", "--api-key", "env:MY_KEY", "--config", "a.toml")
    cut = interrupted(*begin(models, "--output", "my run", *more))
    assert cut.code == 3
    words = hinted(cut)
    assert words == ["ajar", "eval", "--resume", "my run", "--config", "a.toml"]
    journal = Folder(here / "my run").journal
    was = read_header(journal)
    assert (was.gate, was.confidence) == ({"passed": 0.03}, 0.9)
    assert was.keys == {"candidate": "MY_KEY", "baseline": "MY_KEY"}
    assert b"sk-secret" not in journal.read_bytes()
    models.seen.clear()
    ran = ajar(*words[1:], "--json")
    assert ran.code == 1, ran.err
    assert {asked.header("authorization") for asked in models.seen} == {"Bearer sk-secret"}
    assert ran.json["gate"]["verdict"] == "FAIL"
    assert ran.json["about"]["confidence"] == 0.9


@pytest.mark.usefixtures("refunds")
def test_a_report_decides_the_gate_again(ajar: Callable[..., Ran], models: Chat, here: Path) -> None:
    assert ajar(*begin(models, "--gate", "--confidence", "0.9", "--output", "r")).code == 1
    files = [(here / "r" / name).read_bytes() for name in ("result.json", "junit.xml")]
    again = ajar("eval", "report", "r")
    assert again.code == 1, again.err
    assert "FAIL" in again.out
    assert [(here / "r" / name).read_bytes() for name in ("result.json", "junit.xml")] == files
    other = ajar("eval", "report", "r", "--margin", "90%")
    assert other.code == 0
    assert "begun with a margin of 0 on `passed`; it is 0.9 now" in other.err
    added = ajar("eval", "report", "r", "--margin", "right=90%", "--json")
    assert added.code == 1
    assert [each["metric"] for each in added.json["gate"]["decisions"]] == ["passed", "right"]
    assert "begun without a margin on `right`" in added.err
    assert ajar("eval", "report", "r", "--confidence", "0.99").code == 64


@pytest.mark.usefixtures("refunds")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--repeats", "3"], "--repeats 3: the run was begun with 1"),
        (["--seed", "7"], "--seed 7: the run was begun with 0"),
        (["--on", "other"], "--on other: the run was begun with poor"),
        (["--against", "other"], "--against other: the run was begun with good"),
        (["--base-url", "http://127.0.0.1:9/v1"], "--base-url http://127.0.0.1:9/v1: the run was begun with http"),
        (["--against-base-url", "http://127.0.0.1:9/v1"], "--against-base-url"),
        (["--confidence", "0.9"], "--confidence 0.9: the run was begun with 0.95"),
        (["--allow-module", "m"], "--allow-module m"),
        (["--output", "elsewhere"], "--output: a run goes on in its own folder"),
    ],
)
def test_what_contradicts_the_beginning_is_wrong_usage(
    ajar: Callable[..., Ran], models: Chat, arguments: list[str], told: str
) -> None:
    assert ajar(*begin(models, "--output", "r")).code == 0
    asked = models.count
    ran = ajar("eval", "--resume", "r", *arguments)
    assert ran.code == 64, ran.err
    assert told in ran.err
    assert models.count == asked


@pytest.mark.usefixtures("refunds")
def test_the_same_again_and_how_it_is_asked_may_be_said(ajar: Callable[..., Ran], models: Chat) -> None:
    assert ajar(*begin(models, "--output", "r")).code == 0
    how = ("--max-concurrency", "2", "--retries", "1", "--timeout", "5", "--retry-errors", "--output", "r")
    ran = ajar(*begin(models, "--resume", "r", *how))
    assert ran.code == 0, ran.err


def test_a_suite_that_has_moved_is_named(ajar: Callable[..., Ran], models: Chat, refunds: Path, here: Path) -> None:
    assert ajar(*begin(models, "--output", "r")).code == 0
    refunds.rename(here / "moved.yaml")
    gone = ajar("eval", "report", "r")
    assert gone.code == 3
    assert "--suite" in gone.err
    assert ajar("eval", "report", "r", "--suite", "moved.yaml").code == 0
    assert ajar("eval", "--resume", "r", "moved.yaml").code == 0


@pytest.mark.usefixtures("refunds")
def test_an_unfinished_run_says_so_wherever_it_is_shown(
    ajar: Callable[..., Ran], interrupted: Callable[..., Ran], models: Chat, here: Path
) -> None:
    cut = interrupted(*begin(models, "--output", "r", "--json"))
    assert cut.code == 3
    assert cut.json["verdict"] == "COULD NOT RUN"
    assert "Ctrl-C" in cut.json["why"]
    assert (cut.json["total"], cut.json["folder"]) == (2 * CASES, "r")
    assert 0 < cut.json["done"] < 2 * CASES
    shown = ajar("eval", "report", "r")
    assert shown.code == 3
    assert shown.out.splitlines()[0] == f"{cut.json['done']} of 80 samples: this run is not at its end"
    assert json.loads((here / "r" / "result.json").read_bytes())["complete"] is False
    whole = ajar("eval", "--resume", "r", "--json")
    assert (whole.code, whole.json["complete"], whole.json["folder"]) == (0, True, "r")


@pytest.mark.usefixtures("refunds")
def test_a_margin_given_anew_outlives_another_interruption(interrupted: Callable[..., Ran], models: Chat) -> None:
    interrupted(*begin(models, "--output", "r", "--margin", "3%"))
    cut = interrupted("eval", "--resume", "r", "--margin", "5%", after=5)
    assert cut.code == 3
    assert "begun with a margin of 0.03 on `passed`; it is 0.05 now" in cut.err
    assert hinted(cut) == ["ajar", "eval", "--resume", "r", "--margin", "5%"]


@pytest.mark.usefixtures("refunds")
def test_a_key_may_be_named_when_it_turns_out_to_be_needed(
    ajar: Callable[..., Ran], models: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = models.script
    models.script = lambda asked: script(asked) if asked.header("authorization") == "Bearer sk-1" else error(401)
    assert ajar(*begin(models, "--output", "r")).code == 3
    monkeypatch.setenv("MY_KEY", "sk-1")
    ran = ajar("eval", "--resume", "r", "--retry-errors", "--api-key", "env:MY_KEY")
    assert ran.code == 0, ran.err


@pytest.mark.usefixtures("refunds")
def test_the_last_run_is_the_one_begun_last_wherever_it_lies(
    ajar: Callable[..., Ran], models: Chat, here: Path
) -> None:
    assert ajar(*begin(models)).code == 0
    assert ajar(*begin(models, "--output", "r")).code == 0
    ran = ajar("eval", "--resume", "last")
    assert ran.code == 0
    assert f"ajar: the last run is {here / 'r'}" in ran.err


@pytest.mark.usefixtures("refunds")
def test_an_output_that_is_no_place_for_a_run(ajar: Callable[..., Ran], models: Chat, here: Path) -> None:
    (here / "mine").mkdir()
    (here / "mine" / "result.json").write_text("mine")
    used = ajar(*begin(models, "--output", "mine"))
    assert (used.code, models.count) == (3, 0)
    assert "mine holds other files" in used.err
    file = ajar(*begin(models, "--output", "refunds.yaml"))
    assert (file.code, models.count) == (3, 0)
    assert "refunds.yaml is a file" in file.err
    (here / "empty").mkdir()
    assert ajar(*begin(models, "--output", "empty")).code == 0


@pytest.mark.usefixtures("refunds")
@pytest.mark.parametrize(
    ("margin", "told"),
    [
        ("pased=3%", "no metric `pased`; did you mean `passed`"),
        ("wrong.intent=3%", "no metric `wrong.intent`"),
        ("passed=0.03=2", "`passed=0.03=2` has two `=`"),
        ("passed.x=3%", "no metric `passed.x`"),
    ],
)
def test_a_metric_that_cannot_be_there_is_told_before_anything_is_asked(
    ajar: Callable[..., Ran], models: Chat, margin: str, told: str
) -> None:
    ran = ajar(*begin(models, "--margin", margin))
    assert (ran.code, models.count) == (64, 0)
    assert told in ran.err


def test_a_check_of_one_case_counts_too(ajar: Callable[..., Ran], models: Chat, refunds: Path) -> None:
    text = refunds.read_text().replace("question 7,", "question 7, checks: {own: {scorer: contains}},")
    refunds.write_text(text)
    ran = ajar(*begin(models, "--margin", "own=3%", "--margin", "latency_ms=9000"))
    assert ran.code in (0, 1, 2, 3)
    assert models.count == 2 * CASES
