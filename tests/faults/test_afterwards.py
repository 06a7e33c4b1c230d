"""A fault spoils nothing for whoever asks next: no connection is kept that could answer the wrong request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faults.cell import FRONTS
from faults.speech import TEXT
from faults.stage import stage
from faults.table import FAULTS
from faults.together import together
from faults.upstream import healthy

if TYPE_CHECKING:
    from pathlib import Path

    from faults.table import Fault

_PLAYED = [
    fault
    for fault in FAULTS
    if fault.listens == "tcp" and fault.reads and fault.back is None and fault.apart_s is not None
]

_PATIENT_S = 2.0
"""The limits hold for the healthy answers too, and while a dozen gateways start nobody is quick."""


def test_the_next_answer_is_right(tmp_path: Path) -> None:
    async def check(state: Path, fault: Fault, front: str, stream: bool) -> None:
        shorter = {name: max(seconds, _PATIENT_S) for name, seconds in fault.limits.items()}
        limits = {"first_byte_s": 5, "gap_s": 5, "total_s": 10, **shorter}
        budget = {"attempts": 1}
        async with stage(state, front, healthy, fault.act, healthy, limits=limits, budget=budget) as it:
            for number in range(3):
                saw = await it.saw(stream=stream)
                assert number == 1 or (saw.kind, saw.text) == ("answer", TEXT), (number, saw)
            statuses = [record["status"] for record in it.service.records()]
            assert (statuses[0], statuses[2], len(statuses)) == (200, 200, 3)

    asked = [(fault, stream) for fault in _PLAYED for stream in (False, True) if fault.failure(stream=stream)]
    cases = [(fault, FRONTS[number % 3], stream) for number, (fault, stream) in enumerate(asked)]
    for number in range(0, len(cases), 12):
        together(tmp_path / str(number), check, cases[number : number + 12])
