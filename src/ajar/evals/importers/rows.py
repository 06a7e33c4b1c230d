"""The rows of a foreign JSONL file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.errors import ConfigError
from ajar.evals.suite import json_read
from ajar.evals.suite.document import decoded
from ajar.evals.suite.jsonl import JsonLines
from ajar.evals.suite.report import Report

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Each row with its file and line. Raises ConfigError with every line that is no JSON object."""
    lines = JsonLines(path)
    report = Report()
    found: list[tuple[str, dict[str, Any]]] = []
    for number, _, data in lines.rows():
        try:
            value, again = json_read.parse(decoded(data, lines.name))
        except json_read.NotJson as error:
            report.add(lines.name, number, error.text)
            continue
        except ConfigError:
            report.add(lines.name, number, "this line is not UTF-8 text; save the file as UTF-8")
            continue
        for fault in again:
            report.add(lines.name, number, fault)
        if isinstance(value, dict):
            found.append((f"{lines.name}:{number}", cast("dict[str, Any]", value)))
        else:
            report.add(lines.name, number, "this is no JSON object; each line is one")
    report.stop()
    return found
