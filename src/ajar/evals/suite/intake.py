"""Takes the cases of a suite in, one after another, and notes what is wrong with each."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ajar.errors import ConfigError
from ajar.evals.suite import sense
from ajar.evals.suite.digest import Digest
from ajar.evals.suite.suite import Facts, filled_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ajar.config.problem import KeyPath, Problem
    from ajar.evals.case import Case
    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.checks import Checks
    from ajar.evals.suite.form import SuiteFile
    from ajar.evals.suite.report import Report
    from ajar.evals.suite.suite import Cases


class Spot(NamedTuple):
    """Where a case stands: its file, its place in the suite from 0, and the line of each part of it."""

    file: str
    place: int
    line: Callable[[KeyPath], int]


class Intake:
    """The sum of the cases so far."""

    def __init__(self, file: SuiteFile, checks: Checks, report: Report) -> None:
        self.facts = Facts()
        self.digest = Digest()
        self._file = file
        self._checks = checks
        self._report = report
        self._ids = array("q")
        self._scorers: dict[str, Scorer] = {}
        self._unchecked: tuple[Spot, str] | None = None
        self._without = 0
        self._taken = 0
        self._suite = ""

    def head(self, file: str, line: Callable[[KeyPath], int]) -> None:
        """Build the scorers of the suite itself, which stands in `file`."""
        self._suite = file
        for name, check in self._file.checks.items():
            try:
                self._scorers[name] = self._checks.scorer(check)
            except ConfigError as error:
                for said in error.problems:
                    self._report.add(file, line(("checks", name)), said, path=("checks", name))

    def take(self, case: Case, spot: Spot) -> None:
        """Take a case of the right shape in."""
        case = filled_in(self._file, case, spot.place)
        self.faults(sense.of_case(case), spot, case.id)
        scorers = {**self._scorers, **self._own(case, spot)}
        for name, scorer in scorers.items():
            fault = scorer.fault(case)
            if fault:
                path: KeyPath = ("checks", name) if name in case.checks else ()
                self._report.add(spot.file, spot.line(path), f"check `{name}`: {fault}", case=case.id)
        if not scorers and not case.checks and not self._file.checks:
            self._unchecked = self._unchecked or (spot, case.id)
            self._without += 1
        self._taken += 1
        self._ids.append(hash(case.id))
        self.facts.add(case)
        self.digest.add(self._file, case)

    def skip(self, index: int) -> None:
        """Pass over a case that has faults already."""
        self._ids.append(hash((index,)))

    def faults(self, problems: Iterable[Problem], spot: Spot, case_id: str | None) -> None:
        """Note what is wrong with a case."""
        for problem in problems:
            self._report.add(spot.file, spot.line(problem.path), problem.text, case=case_id, path=problem.path)

    def finish(self, file: str, cases: Cases) -> None:
        """Note what only all cases together show."""
        if not cases:
            self._report.add(file, 1, "there is no case here; a suite has at least one")
        self._same_ids(file, cases)
        if self._unchecked is not None:
            spot, case_id = self._unchecked
            text = "no check says whether an answer is good; add `checks`, such as `checks: {right: exact}`"
            if self._without == self._taken:
                self._report.add(self._suite, 1, text)
            else:
                more = f" (and to {self._without - 1} more cases)" if self._without > 1 else ""
                self._report.add(spot.file, spot.line(()), text + more, case=case_id)
        self.facts.close()

    def _own(self, case: Case, spot: Spot) -> Mapping[str, Scorer]:
        built: dict[str, Scorer] = {}
        for name, check in case.checks.items():
            path = ("checks", name)
            try:
                built[name] = self._checks.scorer(check)
            except ConfigError as error:
                for said in error.problems:
                    self._report.add(spot.file, spot.line(path), said, case=case.id, path=path)
        return built

    def _same_ids(self, file: str, cases: Cases) -> None:
        """Ids are kept as 8 bytes each; where two are the same, the cases are looked at again."""
        again = {one for one, other in pairwise(sorted(self._ids)) if one == other}
        if not again:
            return
        first: dict[str, Any] = {}
        for index, number in enumerate(self._ids):
            if number not in again:
                continue
            name = cases.case(index).id or f"case-{index + 1}"
            if name in first:
                text = f"the case in line {first[name]} has this id too; give each its own"
                self._report.add(file, cases.line(index), text, case=name)
            else:
                first[name] = cases.line(index)
