"""JUnit XML: what fails where, and that any text of a model makes a document that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
import pytest

from ajar.evals.reports import junit
from ajar.evals.result import Gate
from ajar.evals.score import Score
from doubles.finished_run import QUEUES, MadeSuite, decision, result, sample, samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.evals.sample import Sample


def read(text: str) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(text.encode())
    return {suite.get("name", ""): suite for suite in root.findall("testsuite")}


def of_samples(found: Iterable[Sample], gate: Gate | None = None) -> ElementTree.Element:
    return read(junit.render(result(gate=gate), MadeSuite(24), found))["triage on triage-v2"]


def test_each_decision_is_a_test() -> None:
    verdicts = ("PASS", "FAIL", "INCONCLUSIVE", "COULD NOT RUN")
    gate = Gate(verdict="FAIL", decisions=[decision(verdict, metric=verdict, why="so") for verdict in verdicts])
    suite = read(junit.render(result(gate=gate)))["gate"]
    outcomes = [[child.tag for child in case] for case in suite]
    assert outcomes == [[], ["failure"], ["failure"], ["error"]]
    assert {key: suite.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "4", "failures": "2", "errors": "1",
    }  # fmt: skip
    assert suite[0].get("name") == "PASS may be worse by less than 3 points"
    found = suite.find("testcase/failure")
    assert found is not None
    assert (found.get("type"), found.get("message"), found.text) == ("FAIL", "so", "so")


def test_without_a_gate_a_missed_case_fails_with_the_reason() -> None:
    suite = of_samples([sample(0, "candidate", "refunds")])
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "fields"
    assert failure.get("message") == 'fields 0.5 queue: "refunds" is not "billing"'
    assert failure.text == '{"queue": "refunds", "urgency": "low"}'
    assert suite.get("failures") == "1"


def test_with_a_gate_a_missed_case_breaks_no_build() -> None:
    gate = Gate(verdict="PASS", decisions=[decision()])
    suite = of_samples([sample(0, "candidate", "refunds"), sample(1, "candidate", "refunds")], gate)
    assert (suite.get("failures"), suite.get("skipped"), suite.get("tests")) == ("0", "1", "2")
    skipped = suite.find("testcase/skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith("not passed: fields 0.5")


def test_errors_are_errors_and_the_baseline_is_left_out() -> None:
    unjudged = msgspec.structs.replace(sample(1, "candidate", "refunds"), scores={"judge": Score(None, "no verdict")})
    suite = of_samples([*samples(MadeSuite(6)), unjudged], Gate(verdict="PASS", decisions=[decision()]))
    kinds = {error.get("type") for error in suite.findall("testcase/error")}
    assert kinds == {"timeout", "check_judge"}
    assert suite.get("tests") == "7"


def test_samples_stand_in_the_order_of_the_suite() -> None:
    found = [sample(case, "candidate", QUEUES[case]) for case in (4, 1, 3)]
    assert [case.get("name") for case in of_samples(found).findall("testcase")] == [
        "triage-0001",
        "triage-0003",
        "triage-0004",
    ]


def test_repeats_have_names_of_their_own() -> None:
    made = msgspec.structs.replace(result(), about=msgspec.structs.replace(result().about, repeats=2))
    found = [sample(0, "candidate", "billing", repeat=repeat) for repeat in (0, 1)]
    suite = read(junit.render(made, MadeSuite(), found))["triage on triage-v2"]
    names = [case.get("name") for case in suite.findall("testcase")]
    assert names == ["triage-0000 (repeat 1)", "triage-0000 (repeat 2)"]


def test_of_a_large_run_those_that_passed_are_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "LISTED", 4)
    found = [sample(case, "candidate", QUEUES[0]) for case in range(6)]
    suite = of_samples(found)
    assert suite.get("tests") == "6"
    assert len(suite.findall("testcase")) == 4
    assert suite.find("testcase[@name='triage-0000']") is None
    told = {fact.get("name"): fact.get("value") for fact in suite.findall("properties/property")}
    assert (told["samples"], told["listed"]) == ("6", "4")


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "]]>", "<failure/>", "\ud800", "\ufffe", 'a"b\nc\td', "\u202e"])
def test_whatever_a_model_writes_the_document_can_be_read(text: str) -> None:
    bad = msgspec.structs.replace(
        sample(0, "candidate", "refunds", text=text), id=text, scores={"fields": Score(0.0, text)}
    )
    suite = of_samples([bad])
    failure = suite.find("testcase/failure")
    assert failure is not None
    if text == 'a"b\nc\td':
        assert failure.text == text
        assert failure.get("message") == f"fields 0 {text}"
