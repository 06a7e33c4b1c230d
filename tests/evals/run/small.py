"""A suite without files, and what a test needs to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ajar.config.model import Price
from ajar.evals.case import Case
from ajar.evals.run import runner
from ajar.evals.run.header import header
from ajar.evals.run.journal import Journal
from ajar.evals.run.options import RunOptions
from ajar.evals.run.target import Target
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from evals.run.chat import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ajar.evals.answer import Answer
    from ajar.evals.run.ending import RunEnd
    from ajar.evals.sample import Arm, Sample

PRICES = {"": Price(input=1, output=2)}


class Same(Scorer, frozen=True, kw_only=True):
    """The answer is the digest of the question."""

    name: ClassVar[str] = "same"

    def score(self, answer: Answer, case: Case) -> Score:
        """1 where it is."""
        return Score(float(answer.text == digest(str(case.input))))


class Small:
    """`count` cases, each asking for the digest of its own number."""

    def __init__(self, count: int = 20, scorers: Mapping[str, Scorer] | None = None, **request: Any) -> None:
        self.name = "small"
        self.digest = f"{count:x}"
        self.count = count
        self._scorers = {"same": Same()} if scorers is None else scorers
        self._request = request

    def case(self, index: int) -> Case:
        """A case."""
        return Case(id=f"c{index}", input=f"question {index}")

    def scorers(self, index: int) -> Mapping[str, Scorer]:
        """The checks."""
        return self._scorers

    def body(self, index: int) -> dict[str, Any]:
        """The request."""
        return {"messages": [{"role": "user", "content": f"question {index}"}], **self._request}


def target(url: str, name: str = "model", **fields: Any) -> Target:
    """Somewhere to ask."""
    return Target(name=name, base_url=url, **{"model": name, "prices": PRICES, **fields})


def arms(url: str, *, both: bool = False) -> dict[Arm, Target | None]:
    """A candidate at this address, and a baseline."""
    return {"candidate": target(url, "new"), "baseline": target(url, "old") if both else None}


def begin(path: Path, suite: Any, asked: Mapping[Arm, Target | None], options: RunOptions) -> Journal:
    """A new journal, or the one that is there."""
    head = header(suite, "small.yaml", asked, options)
    if path.exists():
        return Journal.resume(path, head, retry_errors=options.retry_errors)
    return Journal.create(path, head)


def run(
    path: Path, suite: Any, asked: Mapping[Arm, Target | None], options: RunOptions | None = None, **more: Any
) -> RunEnd:
    """A whole run, or the rest of one."""
    options = options or RunOptions()
    return runner.run(suite, asked, options, begin(path, suite, asked, options), **more)


def samples(path: Path) -> Iterator[Sample]:
    """What it left."""
    from ajar.evals.run.lines import Replay

    return iter(Replay(path))
