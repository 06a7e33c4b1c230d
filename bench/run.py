"""`make bench`: Ajar beside nginx and the installed peers, and what translation costs, in one run on this machine.

Prints tables and writes bench/out/bench.json. docs/benchmarks.md says what is measured and how.
"""

from __future__ import annotations

import datetime
import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import machine
import report
import translation
from program import Broken, Program
from subjects.ajar import Ajar, AjarLarge
from subjects.direct import Direct
from subjects.litellm import LiteLLM
from subjects.nginx import Nginx
from subjects.portkey import Portkey
from subjects.tensorzero import TensorZero
from summary import Summary
from targets import judge
from windows import FULL, QUICK, TINY, Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from subject import Subject

_HERE = Path(__file__).resolve().parent
_DOCS = _HERE.parent / "docs/benchmarks.md"
_SUBJECTS: tuple[type[Subject], ...] = (Nginx, Ajar, AjarLarge, TensorZero, Portkey, LiteLLM)
_TRANSLATION = "translation"
"""What `--only` calls the part that is no proxy."""
_SIZES = {"full": FULL, "quick": QUICK, "tiny": TINY}


class Bench:
    """One run: starts the subjects, measures them in rounds, and collects what it finds."""

    def __init__(self, base: Path, windows: Windows, upstream: int) -> None:
        self._base = base
        self._windows = windows
        self._upstream = upstream
        self._direct = Direct(upstream)
        self.results: dict[str, Any] = {}
        self.absent: dict[str, str] = {}

    def run(self, subjects: list[Subject], rounds: int) -> None:
        """Measure `subjects`. One that does not run is named in `absent`, and the others go on."""
        try:
            running = [each for each in subjects if self._try(each, "start", self._begin)]
            for number in range(rounds):
                click.echo(f"round {number + 1} of {rounds}", err=True)
                self._round(running, number)
        finally:
            for subject in subjects:
                subject.stop()
        for subject in running:
            if subject.whole and subject.name not in self.absent:
                self._try(subject, "memory", self._memory)

    def _begin(self, subject: Subject) -> None:
        click.echo(f"starting {subject.title}", err=True)
        self._start(subject)
        self._windows.warm_up(subject)
        self.results[subject.name] = {
            "title": subject.title,
            "version": subject.version,
            "rate": subject.rate,
            "rounds": [],
            "parts": list(subject.memory()),
        }

    def _round(self, running: list[Subject], number: int) -> None:
        here = [each for each in running if each.name not in self.absent]
        first = number % len(here) if here else 0
        direct = {rate: self._windows.rate(self._direct, rate) for rate in {each.rate for each in here if each.whole}}
        for subject in here[first:] + here[:first]:
            self._try(subject, "round", lambda each: self._measure(each, direct))

    def _measure(self, subject: Subject, direct: dict[float, list[float]]) -> None:
        found: dict[str, Any] = {"requests": self._windows.requests(subject)}
        if subject.whole:
            found["streams"] = self._windows.streams(subject)
            took, alone = self._windows.rate(subject, subject.rate), direct[subject.rate]
            shares = {"p50": 0.5, "p99": 0.99}
            found["latency_us"] = {name: percentile(took, share) for name, share in shares.items()}
            found["direct_us"] = {name: percentile(alone, share) for name, share in shares.items()}
            found["added_us"] = {name: found["latency_us"][name] - found["direct_us"][name] for name in shares}
        self.results[subject.name]["rounds"].append(found)

    def _memory(self, subject: Subject) -> None:
        """Alone on the machine, so that no other copy of the same program shares its pages."""
        click.echo(f"memory of {subject.title}", err=True)
        try:
            self._start(subject)
            self.results[subject.name]["memory"] = self._windows.held(subject)
        finally:
            subject.stop()

    def _start(self, subject: Subject) -> None:
        subject.start(Path(tempfile.mkdtemp(prefix=f"{subject.name}-", dir=self._base)), self._upstream)

    def _try(self, subject: Subject, what: str, step: Callable[[Subject], None]) -> bool:
        try:
            step(subject)
        except (Broken, OSError) as error:
            self.absent[subject.name] = f"failed ({what}): {error}"
            click.echo(f"{subject.name}: {self.absent[subject.name]}", err=True)
            subject.stop()
            return False
        return True


def percentile(values: list[float], share: float) -> float:
    """The smallest of `values` that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def chosen(only: str | None) -> tuple[list[Subject], dict[str, str]]:
    """The subjects that can be measured here, and why the others cannot."""
    names = only.split(",") if only else [each.name for each in _SUBJECTS]
    unknown = set(names) - {each.name for each in _SUBJECTS} - {_TRANSLATION}
    if unknown:
        there = ", ".join([*(each.name for each in _SUBJECTS), _TRANSLATION])
        raise click.UsageError(f"there is no {', '.join(unknown)}; there are {there}")
    wanted = [each for each in _SUBJECTS if each.name in names]
    absent = {each.name: why for each in wanted if (why := each.missing())}
    return [each() for each in wanted if each.name not in absent], absent


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often each proxy is measured; the order rotates.")
@click.option("--size", type=click.Choice(list(_SIZES)), default="full", help="How long each window is.")
@click.option("--quick", is_flag=True, help="Two rounds of short windows.")
@click.option("--only", help="Names of proxies, or translation, with commas between.")
@click.option("--out", type=click.Path(path_type=Path), default=_HERE / "out/bench.json", help="The JSON file.")
@click.option("--write-docs", is_flag=True, help="Put the tables into docs/benchmarks.md.")
@click.option("--keep", is_flag=True, help="Keep the proxies' folders and logs, and say where.")
def main(rounds: int, size: str, quick: bool, only: str | None, out: Path, write_docs: bool, keep: bool) -> None:
    """CPU, latency and memory of Ajar beside nginx and the installed peers."""
    if quick:
        rounds, size = 2, "quick"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    subjects, absent = chosen(only)
    translates = only is None or _TRANSLATION in only.split(",")
    about = machine.describe()
    base = Path(tempfile.mkdtemp(prefix="bench-"))
    upstream = Program([sys.executable, str(_HERE / "mock_upstream.py")], base / "upstream.log", talks=True)
    load = Program([sys.executable, str(_HERE / "load.py")], base / "load.log", talks=True)
    try:
        bench = Bench(base, Windows(load, _SIZES[size]), upstream.hear()["port"])
        bench.absent.update(absent)
        bench.run(subjects, rounds)
    finally:
        load.stop()
        upstream.stop()
        if keep:
            click.echo(f"folders and logs are in {base}", err=True)
        else:
            shutil.rmtree(base, ignore_errors=True)
    results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": " ".join(["python", "bench/run.py", *sys.argv[1:]]),
        "machine": about,
        "size": size,
        "rounds": rounds,
        "subjects": bench.results,
        "absent": bench.absent,
    }
    results["targets"] = judge(Summary(results))
    if translates:
        click.echo("translation", err=True)
        results["translation"] = translation.measure(translation.SIZES[size])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(results, indent=1) + "\n")
    report.show(results)
    if translates:
        translation.show(results["translation"])
    if write_docs:
        report.write_docs(results, _DOCS)
        if translates:
            translation.write_docs(results["translation"], _DOCS)


if __name__ == "__main__":
    main()
