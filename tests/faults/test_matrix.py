"""Each fault, in each format, streamed and not, behind each kind of route: what was seen, sent, recorded and billed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from faults import page
from faults.matrix import run
from faults.table import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.matrix import Run
    from faults.table import Fault

    Play = Callable[[Fault], Run]

_PAGE = Path(__file__).resolve().parents[2] / "docs/faults.md"


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Play a fault, once for all that look at it."""
    played: dict[str, Run] = {}

    def once(fault: Fault) -> Run:
        if fault.name not in played:
            played[fault.name] = asyncio.run(run(fault, tmp_path_factory.mktemp("state")))
        return played[fault.name]

    return once


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_cells(play: Play, fault: Fault) -> None:
    played = play(fault)
    problems = list(played.problems())
    if problems:
        told = f"{len(problems)} problems in {len(played.outcomes)} cells"
        pytest.fail("\n".join((told, *problems)), pytrace=False)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_page_says_what_was_measured(play: Play, fault: Fault) -> None:
    said = [line for line in _PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {fault.name} |")]
    assert said == page.lines(play(fault)), "make faults writes the page anew"


def test_the_page_has_no_other_lines() -> None:
    said = [line for line in _PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    names = [fault.name for fault in FAULTS]
    assert tuple(said[:2]) == page.HEAD
    assert list(dict.fromkeys(line.split(" | ")[0][2:] for line in said[2:])) == names
