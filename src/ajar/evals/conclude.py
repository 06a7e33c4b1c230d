"""From a run's journal to its result, its reports and its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.gate.decide import decide
from ajar.evals.reports import html, junit
from ajar.evals.reports.flip import flips
from ajar.evals.result import About
from ajar.evals.run.lines import Replay
from ajar.evals.tally import tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evals.folder import Folder
    from ajar.evals.gate.demand import Demand
    from ajar.evals.result import Result, Timing
    from ajar.evals.run.header import Header
    from ajar.evals.suite.suite import Suite


def conclude(folder: Folder, suite: Suite, confidence: float, demands: Sequence[Demand] = ()) -> tuple[Result, Timing]:
    """Work out what the run in this folder found, write its files, and return it.

    With `demands`, all of this suite, the result has a gate. Raises StateError where the journal cannot be read or a
    file not be written.
    """
    samples = Replay(folder.journal)
    header = samples.header
    result, timing = tally(suite, about(header, suite, confidence), header.targets, samples)
    if samples.ledger.count() < header.total:
        result = msgspec.structs.replace(result, complete=False)
    if demands:
        gate = decide(demands, {demand.suite: (result, timing) for demand in demands})
        result = msgspec.structs.replace(result, gate=gate)
    write(folder, suite, result, timing, samples)
    return result, timing


def write(folder: Folder, suite: Suite, result: Result, timing: Timing, samples: Replay | None = None) -> None:
    """All files that follow from the journal; `samples` is what it holds, where that was looked at already."""
    samples = Replay(folder.journal) if samples is None else samples
    folder.write(result, timing)
    flipped = flips(suite, lambda: samples) if "baseline" in result.arms else None
    folder.put(folder.report, html.render(result, timing, flipped).encode("utf-8", "replace"))
    folder.put(folder.junit, junit.render(result, suite, samples).encode("utf-8", "replace"))


def about(header: Header, suite: Suite, confidence: float) -> About:
    """What a result says of the run that it is of."""
    return About(
        run=header.run,
        suite=header.suite,
        suite_digest=header.digest,
        description=suite.description,
        cases=header.cases,
        repeats=header.repeats,
        seed=header.seed,
        confidence=confidence,
        version=header.version,
    )
