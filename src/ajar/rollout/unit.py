"""What a rollout's ledger keeps of units, and what it lets out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ajar.evidence.live.observed import Observed
    from ajar.rollout.outcome import Outcome


class Entered(NamedTuple):
    """A unit whose time has come, and the epoch that it belongs to."""

    epoch: int
    observed: Observed


class Assigned(NamedTuple):
    """A unit that was assigned, whatever becomes of it."""

    epoch: int
    candidate: bool


class Inference(NamedTuple):
    """One of a unit's, as far as it counts. Times are microseconds since 1970 UTC."""

    time: int
    ended: int
    epoch: int
    variant: str
    caller: str
    outcome: Outcome | None


class Word(NamedTuple):
    """What somebody said of a unit, or of one of its inferences, and when it was taken in."""

    time: int
    metric: str
    value: Any
    inference: str | None


class Unit:
    """One that has not entered yet: about 500 bytes, and 500 for each of its inferences."""

    __slots__ = ("inferences", "said", "start")

    def __init__(self) -> None:
        self.start: tuple[int, str] = (1 << 62, "")
        self.inferences: dict[str, Inference] = {}
        self.said: dict[tuple[str, str, str], list[Word]] = {}
        """By source, caller and id: what was said first, and its corrections."""


class Counts(NamedTuple):
    """What the analysis leaves out, and what it cannot tell apart by itself.

    `without_unit` are inferences that could not be randomised, of `inferences`; `elsewhere` those of the analysed that
    another deployment answered, by arm (control, candidate). `late` is feedback on units that are known, and came too
    late to count; `stragglers` are units whose worker had not heard of the newer epoch yet.
    """

    inferences: int
    without_unit: int
    analysed: tuple[int, int]
    elsewhere: tuple[int, int]
    late: int
    stragglers: int
    pending: int
