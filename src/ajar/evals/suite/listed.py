"""Cases that stand in the suite file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.config.problem import Problem
from ajar.evals.case import Case
from ajar.evals.suite.intake import Spot
from ajar.evals.suite.scalar import usual
from ajar.evals.suite.shape import CASE, faults, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ajar.config.problem import KeyPath
    from ajar.evals.suite.document import Document
    from ajar.evals.suite.intake import Intake


class Listed:
    """All of them, in memory."""

    def __init__(self, cases: Sequence[Case | None], lines: Sequence[int]) -> None:
        self._cases = cases
        self._lines = lines

    def case(self, index: int) -> Case:
        """One of them; the file was sound, so that each is there."""
        case = self._cases[index]
        assert case is not None
        return case

    def line(self, index: int) -> int:
        """The line where it begins."""
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._cases)


def take(values: list[object], document: Document, intake: Intake) -> Listed:
    """Take the cases of the document in."""
    cases: list[Case | None] = []
    for index, value in enumerate(values):
        spot = Spot(document.name, index, _lines(document, index))
        problems = [*faults(CASE, value), *_mistaken(value, index, document)]
        if problems:
            intake.faults(problems, spot, label(value, index))
            intake.skip(index)
            cases.append(None)
        else:
            case = msgspec.convert(value, Case)
            intake.take(case, spot)
            cases.append(case)
    taken = Listed(cases, [document.line(("cases", index)) for index in range(len(cases))])
    intake.finish(document.name, taken)
    return taken


def _lines(document: Document, index: int) -> Callable[[KeyPath], int]:
    return lambda path: document.line(("cases", index, *path))


def label(case: object, index: int) -> str:
    """What a case is called that may have no sound id."""
    known = cast("dict[str, object]", case).get("id") if isinstance(case, dict) else None
    return str(known) if known and isinstance(known, str | int) else f"case-{index + 1}"


def _mistaken(value: object, index: int, document: Document) -> Iterator[Problem]:
    """A target of which YAML made another thing than stands there: nothing, or `1.10` as 1.1."""
    if not isinstance(value, dict) or "target" not in value:
        return
    target: Any = cast("dict[str, Any]", value)["target"]
    if target is None:
        yield Problem(("target",), 'is empty; leave the key out, or write the text in quotes: "null"')
        return
    items = cast("list[Any]", target) if isinstance(target, list) else [target]
    for place, item in enumerate(items):
        path = ("target", place) if isinstance(target, list) else ("target",)
        odd = document.odd(("cases", index, *path))
        if odd is not None:
            text = f"`{odd}` is read as {shown(item)}; write `{usual(item)}`, or put it in quotes if text is meant"
            yield Problem(path, text)
