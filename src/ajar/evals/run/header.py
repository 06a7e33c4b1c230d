"""The first line of a run's journal: what was asked of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar import __version__
from ajar.domain.ids import uuid7
from ajar.errors import StateError
from ajar.evals.run.target import Aim
from ajar.evals.sample import Arm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ajar.evals.run.options import RunOptions
    from ajar.evals.run.suite import Suite
    from ajar.evals.run.target import Target

SCHEMA = 1


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is where the suite was, for whoever goes on with the run. `version` is Ajar's own.

    The last four decide nothing of what is asked, but hold again when the run goes on or is reported: the gate's
    margins by metric (None: no gate), the confidence, the NAMES of the environment variables with the keys (by arm, and
    of the `judge`), and the modules that `python` scorers may call.
    """

    schema: int = SCHEMA
    run: str
    version: str
    suite: str
    digest: str
    path: str
    cases: int
    repeats: int
    seed: int
    targets: dict[Arm, Aim]
    judge: Aim | None = None
    gate: dict[str, float] | None = None
    confidence: float = 0.95
    keys: dict[str, str] = {}
    allow: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many samples the run will have."""
        return self.cases * self.repeats * len(self.targets)


def header(
    suite: Suite,
    path: str,
    arms: Mapping[Arm, Target | None],
    options: RunOptions,
    *,
    gate: dict[str, float] | None = None,
    confidence: float = 0.95,
    keys: Mapping[str, str] | None = None,
    allow: Iterable[str] = (),
) -> Header:
    """The header of a new run."""
    return Header(
        run=uuid7(),
        version=__version__,
        suite=suite.name,
        digest=suite.digest,
        path=path,
        cases=suite.count,
        repeats=options.repeats,
        seed=options.seed,
        targets={arm: target.aim() for arm, target in arms.items() if target is not None},
        judge=options.judge.aim() if options.judge else None,
        gate=gate,
        confidence=confidence,
        keys=dict(keys or {}),
        allow=tuple(allow),
    )


def refuse_other(journal: Header, now: Header) -> None:
    """Raise StateError where a run would go on with something else than it began with, and name what it is."""
    told = [f"{name} (was {_shown(was)}, is {_shown(now_is)})" for name, was, now_is in _differences(journal, now)]
    if told:
        raise StateError(
            f"run {journal.run} cannot go on: it was begun with another {'; another '.join(told)}. Resume it with what "
            "it was begun with, or start a new run"
        )


def _differences(journal: Header, now: Header) -> Iterator[tuple[str, Any, Any]]:
    for name in ("suite", "digest", "cases", "repeats", "seed"):
        if getattr(journal, name) != getattr(now, name):
            yield ("content of the suite" if name == "digest" else name), getattr(journal, name), getattr(now, name)
    for name, was, is_now in (
        ("candidate", journal.targets.get("candidate"), now.targets.get("candidate")),
        ("baseline", journal.targets.get("baseline"), now.targets.get("baseline")),
        ("judge", journal.judge, now.judge),
    ):
        if was is None or is_now is None:
            if was is not is_now:
                yield name, was and was.name, is_now and is_now.name
            continue
        for field in Aim.__struct_fields__:
            if getattr(was, field) != getattr(is_now, field):
                yield f"{field} of the {name}", getattr(was, field), getattr(is_now, field)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"
