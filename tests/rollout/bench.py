"""A service without processes: a scripted clock, made-up callers, real journals, store and revisions."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.config.model import Config, Deployment, Price, Route, Server, Shadow, Swap
from ajar.config.overlay import misfit
from ajar.config.snapshot import Snapshot, config_hash
from ajar.domain.feedback import Feedback
from ajar.domain.record import Attempt, InferenceRecord
from ajar.domain.usage import Usage
from ajar.evidence.assign import arm_at, place, unit_hash
from ajar.rollout.conductor import Conductor
from ajar.rollout.ordering import Asked, begin, looks, order, status
from ajar.rollout.setting import Crash, Setting
from ajar.store.revisions import Revisions
from ajar.traffic.feedback import feedback_journal
from ajar.traffic.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.config.revision import Revision
    from ajar.rollout.document import Rollout

SECOND = 1_000_000
MINUTE = 60 * SECOND
START = 1_900_000_000 * SECOND
ROUTE = "triage"


def config(**route: Any) -> Config:
    """Two deployments and one route; `route` says what is different about it."""
    swap = {"steps": (10, 50), "min_units": 20, "step_minutes": 1, "shadow": Shadow(share=0)}
    swap |= route.pop("swap", {})
    values: dict[str, Any] = {"primary": "old", "fallback": ("third",), "maturity_s": 30, "swap": Swap(**swap)}
    return Config(
        server=Server(),
        deployments={
            "old": Deployment(model="a", provider="openai", price=Price(input=1, output=2)),
            "new": Deployment(model="b", provider="openai", price=Price(input=0.5, output=1)),
            "third": Deployment(model="c", provider="openai"),
        },
        routes={ROUTE: Route(**(values | route))},
    )


def record(time: int, id_: str, **fields: Any) -> InferenceRecord:
    """A live answer of the deployment `old`; `fields` say what is different about it."""
    values: dict[str, Any] = {
        "id": id_,
        "time": time,
        "operation": "chat",
        "route": ROUTE,
        "config": "c",
        "caller": "shop",
        "purpose": "live",
        "status": 200,
        "stream": False,
        "total_ms": 800.0,
        "ttfb_ms": 300.0,
        "deployment": "old",
        "finish_reason": "stop",
        "usage": Usage(input_tokens=100, output_tokens=20),
    }
    values |= fields
    if "attempts" not in fields:
        values["attempts"] = (Attempt(values["deployment"], 0.0, 300.0, 800.0, 200),)
    return InferenceRecord(**values)


def failed(deployment: str, answered: str = "old") -> dict[str, Any]:
    """The fields of a record whose assigned deployment failed, and another answered."""
    lost = Attempt(deployment, 0.0, None, 20.0, 500, "upstream_500")
    return {"deployment": answered, "attempts": (lost, Attempt(answered, 21.0, 300.0, 800.0, 200))}


MADE: list[Bench] = []


class Bench:
    """`quality` is each deployment's share of good answers; callers send one request each."""

    def __init__(self, state: Path, config: Config, *, quality: dict[str, float] | None = None) -> None:
        self.state = state
        self.now = START
        self.said: list[str] = []
        self.quality = {"old": 0.95, "new": 0.95} | (quality or {})
        self.random = Random(1)
        self.revisions = Revisions(state)
        self.journal = Journal(state / "journal", 0, max_age_s=10**9)
        self.feedback = feedback_journal(state, 0)
        self.units = 0
        self.setting = Setting(state, state, "http://127.0.0.1:4000", None, Snapshot("h", config))
        self.reload(config)
        self.conductor = self.make()
        self.before_turn: Callable[[], None] = lambda: None
        MADE.append(self)

    def close(self) -> None:
        self.restart()
        self.journal.close()
        self.feedback.close()

    def make(self) -> Conductor:
        return Conductor(self.setting, self.said.append, clock=lambda: self.now)

    def reload(self, config: Config) -> None:
        """The file is another one now; revisions that do not fit are ended, as the supervisor does."""
        self.setting.snapshot = Snapshot(config_hash(config), config)
        for route, revision in self.revisions.all().items():
            if misfit(revision, config):
                number = self.revisions.next_number(route)
                gone = msgspec.structs.replace(revision, number=number, by="file", split=None, copying=None)
                self.revisions.end(revision, gone)

    def begin(self, to: str = "new", **asked: Any) -> str:
        return begin(
            self.state, self.setting.snapshot.config, ROUTE, to, who="ann", why="cheaper", asked=Asked(**asked)
        )

    def document(self) -> Rollout:
        return status(self.state)[0]

    def looks(self) -> list[tuple[int, int, Any]]:
        return looks(self.state, self.document().id)

    def order(self, kind: Any, why: str = "because") -> None:
        order(self.state, ROUTE, kind, by="ann", why=why)

    def crash(self, deployment: str = "new") -> None:
        self.setting.crashes.append(Crash(deployment, self.now))

    def revision(self) -> Revision | None:
        return self.revisions.get(ROUTE)

    def restart(self) -> None:
        """The steward was killed; nothing of it is left but what it wrote."""
        self.conductor.close()
        self.conductor = self.make()

    def turn(self, seconds: float = 1, units: int = 0, **fields: Any) -> Rollout:
        """Let time pass with that many new units, then let the conductor have its turn."""
        self.now += int(seconds * SECOND)
        for _ in range(units):
            self.request(**fields)
        self.before_turn()
        self.conductor.turn()
        return self.document()

    def run(self, seconds: int, units: int = 10, until: Callable[[Rollout], bool] | None = None) -> Rollout:
        """Turn by turn of a second."""
        document = self.document()
        for _ in range(seconds):
            document = self.turn(1, units)
            if document.ended or (until is not None and until(document)):
                break
        return document

    def request(self, unit: str | None = "", **fields: Any) -> InferenceRecord:
        """One request of a new unit (or of this one; None: of none), as a worker answers and records it."""
        if unit == "":
            self.units += 1
            unit = f"unit {self.units}"
        digest = None if unit is None else unit_hash(b"salt", ROUTE, unit.encode())
        revision = self.revision()
        split = None if revision is None else revision.split
        assigned = "old" if revision is None else revision.primary
        values: dict[str, Any] = {"unit_hash": digest, "revision": 0 if revision is None else revision.number}
        if split is not None:
            if digest is not None:
                at = arm_at([arm.percent for arm in split.arms[1:]], place(split.experiment, digest))
                assigned = split.arms[at].deployment
            values |= {"experiment": split.experiment, "epoch": split.epoch, "variant": assigned}
        good = self.random.random() < self.quality[assigned]
        values |= {"deployment": assigned} if good else failed(assigned, "third")
        time = self.now - self.random.randrange(SECOND // 2)
        one = record(time, f"i{self.random.getrandbits(64):016x}", **(values | fields))
        self.journal.append(one)
        if revision is not None and revision.copying is not None and self.random.random() < revision.copying.share:
            self.copy(one, revision.copying.deployment)
        return one

    def copy(self, live: InferenceRecord, deployment: str, **fields: Any) -> InferenceRecord:
        """What the deployment makes of a live request, unseen; the route's check `valid` looks at both answers."""
        good = self.random.random() < self.quality[deployment]
        values = {"deployment": deployment, "purpose": "shadow", "copy_of": live.id}
        one = record(live.time + SECOND, f"copy of {live.id}", **(values | fields))
        self.journal.append(one)
        for inference, value in ((live, 1.0), (one, float(good))):
            self.rate(inference, "valid", value, source="check", time=live.time + 3 * SECOND)
        return one

    def rate(
        self, inference: InferenceRecord, metric: str, value: Any, *, source: str = "caller", **fields: Any
    ) -> None:
        values: dict[str, Any] = {
            "id": f"{metric} of {inference.id}",
            "time": inference.time + SECOND,
            "route": ROUTE,
            "caller": inference.caller,
            "inference": inference.id,
        }
        self.feedback.append(Feedback(metric=metric, value=value, source=source, **(values | fields)))  # type: ignore[arg-type]
