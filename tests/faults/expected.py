"""What must become of a cell. Pure: the fault's kind and the cell in, the outcomes that are right out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from faults.cell import ATTEMPTS
from faults.speech import TEXT, USAGE, reported

if TYPE_CHECKING:
    from faults.cell import Cell
    from faults.saw import Kind
    from faults.table import Failure

SLACK_S = 1.0
"""What an answer may take beside the waits that it must take."""
_BACKOFF_S = (0.37, 0.51)
"""Between two attempts at one deployment."""


@dataclass(frozen=True)
class Expectation:
    """One outcome that is right."""

    saw: Kind
    statuses: tuple[int, ...]
    """Of the answer."""
    text: str | None
    """What the caller read in all; None: it does not matter."""
    primary: tuple[int, int]
    """Attempts at the faulty deployment: at least, at most."""
    fallback: int
    """Attempts at the other one."""
    codes: tuple[str, ...]
    """What each failed attempt is called; and the record, where the answer is none of the fallback's."""
    recorded: tuple[int, ...]
    """The record's status."""
    usage: tuple[tuple[int, int] | None, ...]
    """What is billed: the tokens that the upstream reported."""
    wait_s: tuple[float, float] = (0, 0)
    """At least and at most, for each repetition."""
    reads: bool = True
    """Whether the faulty deployment reads what each attempt sends."""

    @property
    def failed(self) -> bool:
        """The caller got no whole answer."""
        return self.saw != "answer"


def expected(cell: Cell) -> tuple[Expectation, ...]:
    """The outcomes that are right, mostly one. The first is the one to be compared with where none fits."""
    failure = cell.failure
    kinds = {
        "harmless": _harmless,
        "odd": _odd,
        "boundless": _boundless,
        "broken": _broken,
        "lost": _lost,
    }
    found = kinds.get(failure.kind, _before_content)(cell, failure)
    return tuple(replace(each, reads=cell.fault.reads) for each in found)


def _harmless(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    del cell, failure
    return (Expectation("answer", (200,), TEXT, (1, 1), 0, (), (200,), (USAGE,)),)


def _odd(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    """Passed on as it is, letter by letter, or refused before anything of it is seen; never a part of it."""
    text = TEXT.replace("Ö", "�")
    return replace(_harmless(cell, failure)[0], text=text), *_before_content(cell, replace(failure, kind="unanswered"))


def _boundless(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    """Refused before anything of it is seen, or passed on as it comes; no memory holds it, and it has no good end."""
    codes = ("upstream_garbage", "upstream_closed")
    refused = _before_content(cell, replace(failure, kind="unanswered", codes=codes))
    usage = reported(cell.back, closing=False)
    passed = Expectation("cut", (200,), None, (1, 1), 0, codes, (502,), (None, usage))
    return *refused, passed, replace(passed, saw="broken")


def _broken(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    """What was said, then the error; nothing is asked again, whatever the route has."""
    usage = reported(cell.back, closing=failure.closing)
    said = failure.said
    return (Expectation("broken", (200,), said, (1, 1), 0, failure.codes, failure.statuses, (usage,)),)


def _lost(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    """Whether anything was sent depends on who was faster; what follows must fit what it was taken for."""
    either, unsent = failure.codes, ("upstream_connect_failed",)
    if cell.own:
        return _before_content(cell, replace(failure, kind="unanswered"))
    if cell.fallback is None:  # the first may have been unsent, and the second not
        twice = _before_content(cell, replace(failure, kind="unsent"))
        return *twice, *_before_content(cell, replace(failure, kind="unanswered", codes=either))
    answered = _before_content(cell, replace(failure, kind="unsent", codes=unsent))
    return *answered, *_before_content(cell, replace(failure, kind="unanswered", codes=("upstream_closed",)))


def _before_content(cell: Cell, failure: Failure) -> tuple[Expectation, ...]:
    """Nothing was said: another deployment answers, if it may be asked."""
    goes_on = {
        "unsent": True,
        "refused": True,
        "elsewhere": True,
        "callers": False,
        "unanswered": cell.own,  # what a metered deployment has read may have been billed
    }[failure.kind]
    if goes_on and cell.fallback is not None:
        return (Expectation("answer", (200,), TEXT, (1, 1), 1, failure.codes, (200,), (USAGE,)),)
    least, most = _repeats(cell, failure) if cell.fallback is None else (1, 1)
    told = reported(cell.back, closing=False) if cell.stream else None
    usage = (None,) if told is None else (None, told)  # a stream may tell its input before it says a word
    last = Expectation("error", failure.statuses, None, (least, most), 0, failure.codes, failure.statuses, usage)
    wait = (max(_BACKOFF_S[0], failure.wait_s[0]), max(_BACKOFF_S[1], failure.wait_s[1]))
    return (replace(last, wait_s=wait),)


def _repeats(cell: Cell, failure: Failure) -> tuple[int, int]:
    """How often the same deployment is asked, at least and at most, where there is no other."""
    if failure.kind == "unsent":
        return (ATTEMPTS, ATTEMPTS)
    if failure.kind == "refused":
        again = {"both": True, "metered": not cell.own, "none": False, "either": None}[failure.again]
        return (1, ATTEMPTS) if again is None else (ATTEMPTS, ATTEMPTS) if again else (1, 1)
    if failure.kind == "unanswered" and cell.own:
        return (1, ATTEMPTS)
    return (1, 1)


def longest_s(cell: Cell, right: Expectation) -> float:
    """How long the caller may have waited at most."""
    limit = max(cell.fault.limits.values(), default=0.0)
    attempts = right.primary[1]
    return attempts * limit + (attempts - 1) * right.wait_s[1] + SLACK_S
