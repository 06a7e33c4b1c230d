"""A gate file: which suites two models are compared on, and what has to hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import msgspec
from msgspec import Meta, inspect

from ajar.errors import ConfigError
from ajar.evals.gate.demand import Demand, margin_of
from ajar.evals.metrics import PASSED
from ajar.evals.suite.document import read
from ajar.evals.suite.report import Report
from ajar.evals.suite.shape import faults

if TYPE_CHECKING:
    from ajar.evals.suite.document import Document


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One suite, by its path from the gate file's folder, and the margin of each metric that counts."""

    suite: Annotated[str, Meta(min_length=1)]
    margins: dict[str, Any] = msgspec.field(default_factory=lambda: {PASSED: 0.0})


class GateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The content: `on` is the candidate and `against` the baseline, where the command line does not say so."""

    gate: Annotated[str, Meta(min_length=1)]
    suites: list[Part]
    on: str | None = None
    against: str | None = None


class GatePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A gate that was read and found to be sound. `parts` are the suites' files with what is demanded of each."""

    name: str
    on: str | None
    against: str | None
    parts: tuple[tuple[Path, tuple[Demand, ...]], ...]


def load(path: Path) -> GatePlan:
    """The gate in this file. A demand calls its suite by its path. Raises ConfigError with every problem."""
    document = read(path)
    if not isinstance(document.value, dict):
        raise ConfigError([f"{document.name}:1: a gate is a mapping with `gate` and `suites`"])
    value = {key: item for key, item in cast("dict[str, Any]", document.value).items() if key != "$schema"}
    report = Report()
    for problem in faults(inspect.type_info(GateFile), value):
        report.add(document.name, document.line(problem.path), problem.text, path=problem.path)
    report.stop()
    file = msgspec.convert(value, GateFile)
    if not file.suites:
        report.add(document.name, document.line(("suites",)), "names no suite", path=("suites",))
    parts = [
        (path.parent / part.suite, _demands(part, number, document, report)) for number, part in enumerate(file.suites)
    ]
    report.stop()
    return GatePlan(name=file.gate, on=file.on, against=file.against, parts=tuple(parts))


def _demands(part: Part, number: int, document: Document, report: Report) -> tuple[Demand, ...]:
    demands: list[Demand] = []
    for metric, margin in part.margins.items():
        at = ("suites", number, "margins", metric)
        try:
            demands.append(Demand(suite=part.suite, metric=metric, margin=margin_of(margin, metric)))
        except ValueError as error:
            report.add(document.name, document.line(at), str(error), path=at)
    if not part.margins:
        report.add(document.name, document.line(("suites", number)), "demands nothing: name a metric under `margins`")
    return tuple(demands)
