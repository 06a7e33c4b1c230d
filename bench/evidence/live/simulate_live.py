"""The second part of `make bench-evidence`: how often rollouts end wrongly, and how soon they end.

Prints every cell, and exits 1 where one misses its target. docs/live-statistics.md says what is simulated and shows
the tables; the same seed gives the same ones, however many processes work at them.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import sys
import time
from pathlib import Path
from zlib import crc32

import click
import numpy as np
from catalogue import cells
from rich.console import Console
from rich.progress import track

sys.path.append(str(Path(__file__).resolve().parents[2]))

import report

DOCS = Path(__file__).resolve().parents[3] / "docs/live-statistics.md"
SHORT, ROOM = 14, 1.5
"""Runs of the short form, and how many times what is asked a median of so few may be."""
CHUNK = 50
Job = tuple[int, int, int, int]
"""A cell's number, its first and last run, and the seed."""


@click.command()
@click.option("--short", is_flag=True, help=f"{SHORT} runs of each cell: seconds.")
@click.option("--seed", default=20261121, show_default=True, help="The same seed gives the same tables.")
@click.option("--write-docs", is_flag=True, help="Put the tables into docs/live-statistics.md.")
def main(short: bool, seed: int, write_docs: bool) -> None:
    """Simulate every cell, print the tables, and say which targets are missed."""
    started = time.monotonic()
    every = list(cells())
    runs = [SHORT if short else cell.runs for cell in every]
    found = _simulate(runs, seed)
    rows = [cell.row(each, ROOM if short else 1.0) for cell, each in zip(every, found, strict=True)]
    tables: list[report.Section] = []
    for group, at in itertools.groupby(range(len(every)), key=lambda at: every[at].group):
        here = list(at)
        tables.append((group, every[here[0]].HEADS, [rows[each][0] for each in here]))
    report.show_tables(tables)
    if write_docs:
        head = f"{len(every)} cells, {sum(runs):,} runs in all, seed {seed}.\n\n"
        report.put(head + report.sections(tables), DOCS, "simulation")
    missed = sum(not kept for _, kept in rows)
    print(f"{len(every)} cells, {sum(runs):,} runs in {time.monotonic() - started:.0f} s; ", end="")
    print(f"{missed} miss a target" if missed else "every target is met")
    sys.exit(1 if missed else 0)


def _simulate(runs: list[int], seed: int) -> list[np.ndarray]:
    """Of each cell, a line for each run."""
    jobs = [
        (at, first, min(first + CHUNK, most), seed) for at, most in enumerate(runs) for first in range(0, most, CHUNK)
    ]
    found: list[dict[int, np.ndarray]] = [{} for _ in runs]
    with multiprocessing.Pool(os.cpu_count(), gc.disable) as pool:
        done = pool.imap_unordered(chunk, jobs)
        console = Console(stderr=True)
        for (at, first, _, _), lines in track(
            done, "runs", len(jobs), console=console, disable=not console.is_terminal
        ):
            found[at][first] = lines
    return [np.concatenate([parts[first] for first in sorted(parts)]) for parts in found]


def chunk(job: Job) -> tuple[Job, np.ndarray]:
    """Some runs of a cell; by number, as the functions that a cell holds do not travel between processes."""
    at, first, last, seed = job
    cell = next(itertools.islice(cells(), at, None))
    name = crc32(f"{cell.group}, {cell.name}, {at}".encode())
    return job, np.array([cell.run(np.random.default_rng([seed, name, run])) for run in range(first, last)])


if __name__ == "__main__":
    main()
