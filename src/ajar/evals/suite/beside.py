"""Cases of a JSONL file beside the suite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.config.problem import Problem
from ajar.errors import ConfigError
from ajar.evals.case import Case
from ajar.evals.suite import json_read
from ajar.evals.suite.document import decoded
from ajar.evals.suite.intake import Spot
from ajar.evals.suite.jsonl import JsonLines
from ajar.evals.suite.listed import label
from ajar.evals.suite.shape import CASE, faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.config.problem import KeyPath
    from ajar.evals.suite.document import Document
    from ajar.evals.suite.intake import Intake
    from ajar.evals.suite.report import Report

_decode = msgspec.json.Decoder(Case).decode
_OTHERS = (".yaml", ".yml", ".json", ".csv", ".parquet")


class Rows:
    """Of each only its place is known; it is read anew each time."""

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines
        self.count = 0

    def case(self, index: int) -> Case:
        """One of them. Raises ConfigError where the file was changed."""
        return _decode(self._lines.row(index))

    def line(self, index: int) -> int:
        """Its line."""
        return self._lines.line(index)

    def __len__(self) -> int:
        return self.count


def take(path: Path, cases: str, document: Document, intake: Intake, report: Report) -> Rows:
    """Take the cases of the file in that the suite at `path` names."""
    beside = path.parent / cases
    line = document.line(("cases",))
    if beside.suffix in _OTHERS:
        report.add(document.name, line, "must be a JSONL file: one case, a JSON object, on each line", path=("cases",))
        report.stop()
    try:
        lines = JsonLines(beside)
    except ConfigError as error:
        report.add(document.name, line, "; ".join(error.problems), path=("cases",))
        report.stop()
        raise
    taken = Rows(lines)
    for number, offset, data in lines.rows():
        lines.keep(number, offset, data)
        _row(data, Spot(lines.name, taken.count, _at(number)), intake, report)
        taken.count += 1
    intake.finish(lines.name, taken)
    return taken


def _at(line: int) -> Callable[[KeyPath], int]:
    return lambda _: line


def _row(data: bytes, spot: Spot, intake: Intake, report: Report) -> None:
    """Take one line in; where it is no case, find out why."""
    line = spot.line(())
    try:
        case = _decode(data)
        again = json_read.twice(data)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        intake.skip(spot.place)
        try:
            value, again = json_read.parse(decoded(data, spot.file))
        except json_read.NotJson as error:
            listed = "; this is a list, and JSONL has one case a line" if data.lstrip()[:1] == b"[" else ""
            report.add(spot.file, line, error.text + listed)
        except ConfigError:
            report.add(spot.file, line, "this line is not UTF-8 text; save the file as UTF-8")
        else:
            problems = [*faults(CASE, value), *(Problem((), one) for one in again)]
            intake.faults(problems, spot, label(value, spot.place))
        return
    if again:
        intake.faults((Problem((), one) for one in again), spot, label({"id": case.id}, spot.place))
    intake.take(case, spot)
