"""`make bench-evals`: what Ajar's eval harness costs beside promptfoo and inspect_ai, on the same cases and model.

Prints tables and writes bench/out/evals.json. docs/benchmarks.md says what is measured and how.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

sys.path.append(str(Path(__file__).resolve().parent.parent))

import tables
from answering import DELAY_S
from harness import CONCURRENCY
from harnesses.ajar import Ajar
from harnesses.inspect_ai import InspectAI
from harnesses.promptfoo import Promptfoo

import machine
import report
from program import Broken, Program

if TYPE_CHECKING:
    from harness import Harness

_HERE = Path(__file__).resolve().parent
_DOCS = _HERE.parents[1] / "docs/benchmarks.md"
_HARNESSES: tuple[type[Harness], ...] = (Ajar, InspectAI, Promptfoo)
CASES = 2_000
GROWTH = (2_000, 20_000, 100_000)
"""Suites that Ajar alone runs, to see what a case takes of memory."""


class Bench:
    """One run before one model. `results` by harness: the cost of each round, with one case and with all."""

    def __init__(self, base: Path, url: str) -> None:
        self._base = base
        self._url = url
        self._runs = 0
        self.results: dict[str, dict[str, Any]] = {}
        self.absent: dict[str, str] = {}

    def compare(self, harnesses: list[Harness], count: int, rounds: int) -> None:
        """Run each harness with one case and with `count` in every round. One that fails is named in `absent`."""
        for number in range(rounds):
            first = number % len(harnesses)
            for harness in harnesses[first:] + harnesses[:first]:
                if harness.name in self.absent:
                    continue
                click.echo(f"round {number + 1} of {rounds}: {harness.title}", err=True)
                try:
                    found = {"one": self._cost(harness, 1), "all": self._cost(harness, count)}
                except (Broken, OSError) as error:
                    self.absent[harness.name] = f"failed: {error}"
                    click.echo(f"{harness.name}: {self.absent[harness.name]}", err=True)
                    continue
                about = {"title": harness.title, "version": harness.version, "rounds": []}
                self.results.setdefault(harness.name, about)["rounds"].append(found)

    def grow(self, counts: list[int]) -> list[dict[str, Any]]:
        """The cost of Ajar alone with each of these numbers of cases. Raises Broken."""
        found: list[dict[str, Any]] = []
        for count in counts:
            click.echo(f"Ajar with {count:,} cases", err=True)
            found.append({"cases": count, **self._cost(Ajar(), count)})
        return found

    def _cost(self, harness: Harness, count: int) -> dict[str, Any]:
        self._runs += 1
        room = self._base / f"{self._runs}-{harness.name}"
        try:
            return dataclasses.asdict(harness.run(room, count, self._url))
        finally:
            shutil.rmtree(room, ignore_errors=True)


def chosen(only: str | None) -> tuple[list[Harness], dict[str, str]]:
    """The harnesses that can be measured here, and why the others cannot."""
    names = only.split(",") if only else [each.name for each in _HARNESSES]
    if unknown := set(names) - {each.name for each in _HARNESSES}:
        there = ", ".join(each.name for each in _HARNESSES)
        raise click.UsageError(f"there is no {', '.join(sorted(unknown))}; there are {there}")
    wanted = [each for each in _HARNESSES if each.name in names]
    absent = {each.name: why for each in wanted if (why := each.missing())}
    return [each() for each in wanted if each.name not in absent], absent


def counts_of(_context: click.Context, _option: click.Parameter, value: str) -> list[int]:
    """Numbers with commas between; none where there is nothing."""
    return [int(each) for each in value.split(",") if each]


@click.command()
@click.option("--rounds", default=3, show_default=True, help="How often each harness runs; the order rotates.")
@click.option("--cases", default=CASES, show_default=True, help="Of the suite that all harnesses run.")
@click.option(
    "--growth",
    default=",".join(map(str, GROWTH)),
    show_default=True,
    callback=counts_of,
    help="Suites that Ajar alone runs, for its memory.",
)
@click.option("--only", help="Names of harnesses with commas between.")
@click.option("--out", type=click.Path(path_type=Path), default=_HERE.parent / "out/evals.json", help="The JSON file.")
@click.option("--write-docs", is_flag=True, help="Put the tables into docs/benchmarks.md.")
def main(rounds: int, cases: int, growth: list[int], only: str | None, out: Path, write_docs: bool) -> None:
    """CPU and memory of Ajar's eval harness beside promptfoo and inspect_ai."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    harnesses, absent = chosen(only)
    about = machine.describe()
    base = Path(tempfile.mkdtemp(prefix="bench-evals-"))
    model = Program([sys.executable, str(_HERE / "answering.py")], base / "model.log", talks=True)
    try:
        bench = Bench(base, f"http://127.0.0.1:{model.hear()['port']}/v1")
        bench.absent.update(absent)
        bench.compare(harnesses, cases, rounds)
        grown = bench.grow(growth)
    finally:
        model.stop()
        shutil.rmtree(base, ignore_errors=True)
    results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": " ".join(["python", "bench/evals/overhead.py", *sys.argv[1:]]),
        "machine": about,
        "rounds": rounds,
        "cases": cases,
        "concurrency": CONCURRENCY,
        "delay_ms": DELAY_S * 1000,
        "harnesses": bench.results,
        "growth": grown,
        "absent": bench.absent,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    tables.show(results)
    if write_docs:
        report.put(tables.markdown(results), _DOCS, "evals")


if __name__ == "__main__":
    main()
