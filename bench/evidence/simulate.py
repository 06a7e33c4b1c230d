"""`make bench-evidence`: how often Ajar's intervals and verdicts are right, on data whose truth is known.

Prints every cell, and exits 1 where one breaks its bands. docs/statistics.md says what is simulated and shows the
tables; the same seed gives the same ones.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import time
from pathlib import Path

import click
import exact
from cells import Cell, cells
from outcome import Outcome, Shares, simulate

sys.path.append(str(Path(__file__).resolve().parent.parent))

import report

DOCS = Path(__file__).resolve().parents[2] / "docs/statistics.md"
RUNS, SHORT = 10_000, 180
SLACK = 3.0
"""In Monte Carlo errors: what the short form allows the coverage."""
HEADS = [
    "cell",
    "cases",
    "margin",
    "covered",
    "covered at −m",
    "asked",
    "false PASS at −m",
    "refused",
    "false FAIL at −m",
    "refused",
    "false alarm at 0",
    "PASS at 0",
    "refused",
    "bands",
]
_MARGINS = [f"margins to {to:.0%}" for _, to in exact.MARGINS]
EXACT = ["cases", *(f"PASS, {name}" for name in _MARGINS), *(f"FAIL, {name}" for name in _MARGINS), "PASS"]


@click.command()
@click.option("--runs", default=RUNS, show_default=True, help="Runs of each cell, at each of the two true differences.")
@click.option("--short", is_flag=True, help=f"{SHORT} runs, and bands wider by {SLACK:g} Monte Carlo errors: seconds.")
@click.option("--seed", default=20261121, show_default=True, help="The same seed gives the same table.")
@click.option("--write-docs", is_flag=True, help="Put the tables into docs/statistics.md.")
def main(runs: int, short: bool, seed: int, write_docs: bool) -> None:
    """Simulate every cell, print the tables, and say which bands are broken."""
    runs, slack = (SHORT, SLACK) if short else (runs, 0.0)
    started = time.monotonic()
    every = list(cells())
    with multiprocessing.Pool(os.cpu_count()) as pool:
        counted = pool.map_async(exact.row, [n for n in exact.CASES if n <= 10 or not short], chunksize=1)
        shares = pool.starmap(_simulate, [(at, runs, seed) for at in range(len(every))], chunksize=1)
        lines = counted.get()
    found = [Outcome(cell, runs, *both) for cell, both in zip(every, shares, strict=True)]
    tables: list[report.Section] = [
        (group, HEADS, [row(outcome, slack) for outcome in outcomes])
        for group, outcomes in itertools.groupby(found, key=lambda outcome: outcome.cell.group)
    ]
    tables.append(
        (
            "Passes and fails, counted over every outcome: false PASS and false FAIL at −m at most",
            EXACT,
            [line for line, _ in lines],
        )
    )
    report.show_tables(tables)
    if write_docs:
        head = f"{len(found)} cells, {runs:,} runs of each at both true differences, seed {seed}.\n\n"
        report.put(head + report.sections(tables), DOCS, "simulation")
    broken = sum(bool(outcome.broken(slack)) for outcome in found) + sum(not kept for _, kept in lines)
    print(f"{len(found)} cells of {runs:,} runs in {time.monotonic() - started:.0f} s; ", end="")
    print(f"{broken} break a band" if broken else "every cell keeps its bands")
    sys.exit(1 if broken else 0)


def _simulate(at: int, runs: int, seed: int) -> tuple[Shares, Shares]:
    # By number, as the functions that a cell holds do not travel between processes.
    return simulate(list(cells())[at], runs, seed)


def row(outcome: Outcome, slack: float) -> list[str]:
    """A line of the table."""
    cell, equal, worse = outcome.cell, outcome.equal, outcome.worse
    shares = [worse.passed, worse.refused, worse.failed, worse.spared, equal.failed, equal.passed, equal.refused]
    bands = "; ".join(outcome.broken(slack)) or "kept"
    return [
        cell.name,
        f"{cell.n:,}",
        f"{cell.margin:.3g}",
        *(f"{share.covered:.1%}" for share in (equal, worse)),
        asked(cell),
        *(f"{share:.1%}" for share in shares),
        bands,
    ]


def asked(cell: Cell) -> str:
    """The coverage that the cell must have."""
    if cell.coverage is None:
        return "none"
    low, high = cell.coverage
    return f"at least {low:.0%}" if high == 1 else f"{low * 100:.0f}–{high:.0%}"


if __name__ == "__main__":
    main()
