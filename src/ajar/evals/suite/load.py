"""From a file to a Suite: read strictly, with every fault named at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.config.problem import Problem
from ajar.errors import ConfigError
from ajar.evals.suite import beside, listed, sense
from ajar.evals.suite.checks import Checks
from ajar.evals.suite.document import Document, read
from ajar.evals.suite.form import SuiteFile
from ajar.evals.suite.intake import Intake
from ajar.evals.suite.report import Report
from ajar.evals.suite.shape import CASE, FILE, faults, shown
from ajar.evals.suite.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

_ROWS = (".jsonl", ".ndjson")


def load(path: Path, *, allow: Collection[str] = ()) -> Suite:
    """The suite in this file. `allow` are the modules whose functions its `python` scorers may call.

    Raises ConfigUnreadable, or ConfigError with every problem, each with its file, line and case.
    """
    if path.suffix in _ROWS:
        text = "this is a file of cases; name it in a suite file, as `cases: …`, and load that one"
        raise ConfigError([f"{path}: {text}"])
    document = read(path)
    report = Report()
    head, cases = _head(document, report)
    checks = Checks(allow, path.parent)
    intake = Intake(head, checks, report)
    intake.head(document.name, document.line)
    taken = (
        listed.take(cases, document, intake)
        if isinstance(cases, list)
        else beside.take(path, cases, document, intake, report)
    )
    report.stop()
    return Suite(head, taken, intake.facts, checks, intake.digest.text())


def _head(document: Document, report: Report) -> tuple[SuiteFile, list[object] | str]:
    """Everything but the cases, and the cases as they stand there."""
    value: object = document.value
    if not isinstance(value, dict):
        said = "the file is empty" if value is None else f"this is {shown(value)}"
        raise ConfigError([f"{document.name}:1: {said}; a suite is a mapping with `suite`, `checks` and `cases`"])
    head = {key: item for key, item in cast("dict[str, Any]", value).items() if key != "$schema"}
    cases = head.get("cases")
    problems = list(faults(FILE, {**head, "cases": []} if isinstance(cases, list) else head))
    _told(problems, document, report)
    if problems:  # the cases cannot be judged without their suite, but their shape can
        if isinstance(cases, list):
            for index, case in enumerate(cast("list[object]", cases)):
                found = (Problem(("cases", index, *one.path), one.text) for one in faults(CASE, case))
                _told(found, document, report)
        report.stop()
    file = msgspec.convert({**head, "cases": []}, SuiteFile)
    _told(sense.of_file(file), document, report)
    return file, cast("list[object] | str", cases)


def _told(problems: Iterator[Problem] | list[Problem], document: Document, report: Report) -> None:
    for problem in problems:
        case, path = None, problem.path
        if path[:1] == ("cases",) and len(path) > 1 and isinstance(path[1], int):
            case, path = listed.label(document.value["cases"][path[1]], path[1]), path[2:]
        report.add(document.name, document.line(problem.path), problem.text, case=case, path=path)
