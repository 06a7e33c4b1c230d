"""Gate files: one folder for all suites, and a run that goes on with the rest of them."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from evals.run.chat import Said, error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.conftest import Ran
    from evals.run.chat import Asked, Chat


@pytest.fixture
def gate(refunds: Path, here: Path) -> str:
    (here / "tone.yaml").write_text(refunds.read_text().replace("suite: refunds", "suite: tone"))
    parts = "{suite: refunds.yaml}, {suite: tone.yaml, margins: {passed: 3%}}"
    (here / "swap.yaml").write_text(f"gate: swap\non: good\nagainst: poor\nsuites: [{parts}]\n")
    return "swap.yaml"


def decided(root: Path) -> tuple[list[str], int]:
    """The verdicts in the one file, and how many tests there are in the other."""
    verdicts = [each["verdict"] for each in json.loads((root / "gate.json").read_bytes())["decisions"]]
    return verdicts, len(ElementTree.parse(root / "junit.xml").findall(".//testcase"))


def test_a_stopped_gate_goes_on_with_what_is_left(
    ajar: Callable[..., Ran], interrupted: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    cut = interrupted("eval", "gate", gate, "--base-url", models.url, "--confidence", "0.9", "--json")
    assert cut.code == 3
    root = here / cut.json["folder"]
    assert [path.parent for path in root.glob("*/journal.jsonl")] == [root / "refunds"]
    assert decided(root) == (["COULD NOT RUN"] * 2, 2)
    words = shlex.split(cut.err.splitlines()[-1])
    assert words == ["ajar", "eval", "gate", gate, "--resume", cut.json["folder"]]
    ran = ajar(*words[1:], "--json")
    assert ran.code == 0, ran.err
    assert ran.json["verdict"] == "PASS"
    assert ran.json["decisions"][1]["comparison"]["confidence"] == 0.9
    assert decided(root) == (["PASS", "PASS"], 2)
    asked = models.count
    assert ajar("eval", "gate", gate, "--resume", "last").code == 0
    assert models.count == asked


def test_its_suites_lie_in_one_folder_and_are_reported_with_their_margins(
    ajar: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    ran = ajar("eval", "gate", gate, "--base-url", models.url, "--json")
    assert ran.code == 0, ran.err
    root = here / ran.json["folder"]
    assert sorted(path.name for path in root.iterdir()) == ["gate.json", "junit.xml", "refunds", "tone"]
    one = ajar("eval", "report", str(root / "tone"), "--json").json
    assert [each["margin"] for each in one["gate"]["decisions"]] == [0.03]
    for again in (["--resume", "last"], ["report", "last"]):
        whole = ajar("eval", *again)
        assert whole.code == 3
        assert "is the run of a gate: go on with `ajar eval gate FILE --resume`" in whole.err


def test_what_contradicts_its_beginning(ajar: Callable[..., Ran], models: Chat, gate: str, here: Path) -> None:
    assert ajar("eval", "gate", gate, "--base-url", models.url).code == 0
    asked = models.count
    assert ajar("eval", "gate", gate, "--resume", "last", "--on", "other").code == 64
    assert models.count == asked
    (here / gate).write_text((here / gate).read_text().replace("3%", "5%"))
    ran = ajar("eval", "gate", gate, "--resume", "last")
    assert ran.code == 0, ran.err
    assert "begun with a margin of 0.03 on `passed`; it is 0.05 now" in ran.err


def test_what_its_file_does_not_say_any_more(ajar: Callable[..., Ran], models: Chat, gate: str, here: Path) -> None:
    assert ajar("eval", "gate", gate, "--base-url", models.url).code == 0
    assert "ajar: swap.yaml" not in ajar("eval", "gate", gate, "--resume", "last").err
    asked, file = models.count, here / gate
    file.write_text(file.read_text().replace("passed: 3%", "right: 3%").replace("on: good", "on: better"))
    ran = ajar("eval", "gate", gate, "--resume", "last")
    assert (ran.code, models.count) == (0, asked), ran.err
    assert "swap.yaml says `on: better`, but this run was begun with `good` and goes on with it" in ran.err
    assert "says `against" not in ran.err
    gone = "`tone` was begun with a margin of 0.03 on `passed`, which is not in swap.yaml any more"
    assert f"{gone}: the verdict is without it" in ran.err
    file.write_text("gate: swap\non: good\nagainst: poor\nsuites: [{suite: refunds.yaml}]\n")
    ran = ajar("eval", "gate", gate, "--resume", "last")
    assert ran.code == 0, ran.err
    assert "suite `tone` is in this run, but not in swap.yaml any more: the verdict is without it" in ran.err


def test_a_metric_that_no_case_has_is_told_before_anything_is_asked(
    ajar: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    (here / gate).write_text((here / gate).read_text().replace("passed: 3%", "rigth: 3%"))
    ran = ajar("eval", "gate", gate, "--base-url", models.url)
    assert (ran.code, models.count) == (3, 0)
    assert "swap.yaml: suite `tone` has no metric `rigth`; did you mean `right`" in ran.err


def test_a_suite_that_could_not_run_keeps_no_other_from_it_and_is_in_both_files(
    ajar: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    refunds = here / "refunds.yaml"
    refunds.write_text(refunds.read_text().replace("question", "broken question"))
    script = models.script
    models.script = lambda asked: error(400) if asked.text.startswith("broken") else script(asked)
    ran = ajar("eval", "gate", gate, "--base-url", models.url, "--breaker", "5", "--json")
    assert ran.code == 3
    assert decided(here / ran.json["folder"]) == (["COULD NOT RUN", "PASS"], 2)
    models.script = script
    again = ajar("eval", "gate", gate, "--resume", "last", "--retry-errors")
    assert again.code == 0, again.err


def test_kept_answers_of_a_run_that_it_goes_on_with_are_not_looked_at(
    ajar: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    one = ("eval", "refunds.yaml", "--on", "good", "--against", "poor", "--base-url", models.url, "--cache", "kept")
    assert ajar(*one).code == 0
    assert ajar(*one, "--output", "swapped/refunds").code == 0
    ran = ajar("eval", "gate", gate, "--resume", "swapped", "--json")
    assert ran.code == 3
    assert decided(here / "swapped") == (["COULD NOT RUN", "PASS"], 2)
    assert "80 answers of this run came from a cache" in ran.json["decisions"][0]["why"]


def test_a_route_whose_first_deployment_is_down_gets_no_verdict(
    ajar: Callable[..., Ran], models: Chat, gate: str, here: Path
) -> None:
    deployments = "".join(
        f'[deployments.{name}]\nprovider = "openai-compatible"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
        for name in ("new", "spare", "old")
    )
    port = models.url.rpartition(":")[2].split("/")[0]
    routes = '[routes.good]\nprimary = "new"\nfallback = ["spare"]\n[routes.poor]\nprimary = "old"\n'
    (here / "ajar.toml").write_text(f"[server]\nport = {port}\n{deployments}{routes}")
    script, first = models.script, "spare"

    def answered(asked: Asked) -> Said:
        by = first if asked.body["model"] == "good" else "old"
        return Said(body=script(asked).body, headers={"x-ajar-deployment": by})

    models.script = answered
    ran = ajar("eval", "gate", gate, "--json")
    assert ran.code == 3, ran.err
    told = "40 of 40 answers of the candidate came from `spare`, a fallback of `good`, which asks `new` first"
    assert told in ran.json["decisions"][0]["why"]
    first = "new"
    assert ajar("eval", "gate", gate).code == 0
