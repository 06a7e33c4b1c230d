"""A suite that was read and found to be sound."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ajar.evals.suite.ask import body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.evals.case import Case
    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.checks import Checks
    from ajar.evals.suite.form import SuiteFile


class Cases(Protocol):
    """The cases as they stand in the file, by their index."""

    def case(self, index: int) -> Case:
        """One of them. Raises ConfigError where it can no longer be read."""
        ...

    def line(self, index: int) -> int:
        """The line where it begins."""
        ...

    def __len__(self) -> int: ...


class Facts:
    """What is known of each case without reading it again: a few bytes for each."""

    def __init__(self) -> None:
        self.clusters = array("i")
        self.tag_sets: list[tuple[str, ...]] = []
        self.tags = array("I")
        self.own_checks = bytearray()
        self._clusters: dict[str, int] = {}
        self._tags: dict[tuple[str, ...], int] = {}

    def add(self, case: Case) -> None:
        """Take the next case, with its tags filled in."""
        known = len(self._clusters)
        self.clusters.append(-1 if case.cluster is None else self._clusters.setdefault(case.cluster, known))
        if case.tags not in self._tags:
            self._tags[case.tags] = len(self.tag_sets)
            self.tag_sets.append(case.tags)
        self.tags.append(self._tags[case.tags])
        self.own_checks.append(bool(case.checks))

    def close(self) -> None:
        """Nothing more comes: the names are not needed any longer."""
        self._clusters = {}
        self._tags = {}


class Suite:
    """`digest` is the same for the same questions and scoring. Cases count from 0, in the order of the file.

    What is read from a file anew, `case`, `body` and `scorers`, raises ConfigError where the file was changed.
    """

    def __init__(self, file: SuiteFile, cases: Cases, facts: Facts, checks: Checks, digest: str) -> None:
        self.name = file.suite
        self.description = file.description
        self.digest = digest
        self.count = len(cases)
        self.tag_names = tuple(sorted({tag for tags in facts.tag_sets for tag in tags}))
        self._file = file
        self._cases = cases
        self._facts = facts
        self._checks = checks
        self._scorers = checks.scorers(file.checks)

    def case(self, index: int) -> Case:
        """The case, with its id, and with the tags that it has from the suite."""
        return filled_in(self._file, self._cases.case(index), index)

    def body(self, index: int) -> dict[str, Any]:
        """The Chat Completions body that asks it, without `model`."""
        return body(self._file, self._cases.case(index))

    def scorers(self, index: int) -> Mapping[str, Scorer]:
        """Its checks by name: the suite's, then its own."""
        if not self._facts.own_checks[index]:
            return self._scorers
        return {**self._scorers, **self._checks.scorers(self._cases.case(index).checks)}

    def tags_of(self, index: int) -> tuple[str, ...]:
        """Its tags, the suite's included."""
        return self._facts.tag_sets[self._facts.tags[index]]

    def cluster_of(self, index: int) -> int | None:
        """The number of its cluster, in the order in which clusters first appear; None for a case that has none."""
        number = self._facts.clusters[index]
        return None if number < 0 else number


def filled_in(file: SuiteFile, case: Case, index: int) -> Case:
    """The case with its id, which is its place in the suite where it has none, and with the suite's tags."""
    tags = tuple(dict.fromkeys((*file.tags, *case.tags)))
    if case.id and tags == case.tags:
        return case
    return msgspec.structs.replace(case, id=case.id or f"case-{index + 1}", tags=tags)
