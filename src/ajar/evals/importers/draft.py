"""A suite that is being made: every case that goes in will load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.errors import ConfigError
from ajar.evals.case import Case
from ajar.evals.importers.imported import Imported
from ajar.evals.importers.metadata import tags
from ajar.evals.importers.names import line, unique
from ajar.evals.suite import sense
from ajar.evals.suite.checks import Checks
from ajar.evals.suite.report import dotted
from ajar.evals.suite.shape import CASE, faults

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ajar.evals.importers.imported import Notes, Place

_encode = msgspec.json.Encoder(order="sorted").encode


class Draft:
    """Takes cases with all their checks. What would not load is left out, and noted."""

    def __init__(self, path: Path, notes: Notes) -> None:
        self._path = path
        self._notes = notes
        self._cases: list[dict[str, Any]] = []
        self._metadata: list[tuple[str, Mapping[str, Any]]] = []
        self._ids: set[str] = set()
        self._checks = Checks(())

    def add(self, case: dict[str, Any], where: Place | str, metadata: Mapping[str, Any] | None = None) -> None:
        """Take a case: its members as in a suite, and where it stands in the foreign file."""
        case = {key: value for key, value in case.items() if value not in (None, "", [], {}) or key == "input"}
        case["id"] = unique(line(case.get("id", "")) or f"case-{len(self._cases) + 1}", self._ids)
        problems = list(faults(CASE, case)) or list(sense.of_case(msgspec.convert(case, Case)))
        if problems:
            said = "; ".join(": ".join(filter(None, (dotted(one.path), one.text))) for one in problems[:3])
            self._notes.lose(where, f"case `{case['id']}` is left out: {said}")
            return
        case["checks"] = self._sound(case, where)
        if not case["checks"]:
            self._notes.lose(where, f"case `{case['id']}` is left out: no check of it could be carried")
            return
        self._ids.add(case["id"])
        self._cases.append(case)
        self._metadata.append((str(where), metadata or {}))

    def imported(self, head: Mapping[str, Any]) -> Imported:
        """The suite, with `head` in front. Raises ConfigError where nothing is left, or something was refused."""
        found = tags(self._metadata, self._notes)
        for case, more in zip(self._cases, found, strict=True):
            case["tags"] = list(dict.fromkeys((*case.get("tags", ()), *more)))
        lost = self._notes.lost()
        if not self._cases:
            raise ConfigError([f"{self._path}: nothing in this file could be carried", *lost])
        checks = self._common()
        name = line(head.get("suite") or "") or line(self._path.stem) or "imported"
        suite = {**head, "suite": name, **self._system(), "checks": checks, "cases": self._cases}
        for case in self._cases:
            case["checks"] = {name: check for name, check in case["checks"].items() if name not in checks}
        suite["cases"] = [_ordered(case) for case in self._cases]
        keys = ("suite", "description", "system", "prompt", "request", "tags", "checks", "cases")
        return Imported({key: suite[key] for key in keys if suite.get(key) not in (None, "", [], {})}, lost)

    def _sound(self, case: dict[str, Any], where: Place | str) -> dict[str, Any]:
        """The checks of the case that can be built and fit it."""
        kept: dict[str, Any] = {}
        plain = msgspec.convert({key: value for key, value in case.items() if key != "checks"}, Case)
        for name, check in case.get("checks", {}).items():
            try:
                fault = self._checks.scorer(check).fault(plain)
            except ConfigError as error:
                self._notes.lose(where, f"check `{name}` is left out: {'; '.join(error.problems)}")
                continue
            if fault:
                self._notes.lose(where, f"check `{name}` of case `{case['id']}` is left out: {fault}")
            else:
                kept[name] = check
        return kept

    def _common(self) -> dict[str, Any]:
        """The checks that all cases have: they are the suite's."""
        first = self._cases[0]["checks"]
        return {
            name: check
            for name, check in first.items()
            if all(_same(case["checks"].get(name), check) for case in self._cases)
        }

    def _system(self) -> dict[str, str]:
        """The system message that all cases begin with, taken out of them where only a user's text follows."""
        texts: list[str] = []
        said: set[str] = set()
        for case in self._cases:
            match case["input"]:
                case [
                    {"role": "system", "content": str(system), **rest},
                    {"role": "user", "content": str(user), **more},
                ]:
                    if rest or more:
                        return {}
                    said.add(system)
                    texts.append(user)
                case _:
                    return {}
        if len(said) != 1 or not all(said):
            return {}
        for case, text in zip(self._cases, texts, strict=True):
            case["input"] = text
        return {"system": said.pop()}


def _same(one: object, other: object) -> bool:
    return one is not None and _encode(one) == _encode(other)


def _ordered(case: dict[str, Any]) -> dict[str, Any]:
    """In the order in which people read a case."""
    keys = ("id", "input", "target", "tags", "cluster", "checks", "request")
    return {key: case[key] for key in keys if key == "input" or case.get(key) not in (None, "", [], {}, ())}
