"""The change record: one document for all that a rollout was asked, found and did."""

from __future__ import annotations

from typing import Any, Final, Literal, cast

import msgspec

from ajar.config.revision import Revision
from ajar.evidence.live.look import Look

State = Literal[
    "queued", "preflight", "gate", "shadow", "canary", "promoted", "rolled_back", "inconclusive", "aborted", "failed"
]
ENDED: Final = frozenset({"promoted", "rolled_back", "inconclusive", "aborted", "failed"})

PROMOTED, REJECTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3
"""How `ajar swap --wait` ends."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What the rollout was asked for: the route's `swap` table, and what the command said otherwise.

    `skip_gate`, `skip_shadow` and `skip_preflight` are the reasons why one was left out; None: it was not.
    """

    steps: tuple[float, ...]
    alpha: float
    min_units: int
    step_minutes: float
    max_hours: float
    gate: str | None = None
    shadow_share: float = 0.0
    shadow_min: int = 0
    shadow_daily_usd: float = 0.0
    skip_gate: str | None = None
    skip_shadow: str | None = None
    skip_preflight: str | None = None


class Finding(msgspec.Struct, frozen=True):
    """One question of the preflight, and its answer in words. `fail` keeps a rollout from going on."""

    name: str
    verdict: Literal["ok", "warning", "fail", "unknown"]
    why: str


class GateRun(msgspec.Struct, kw_only=True):
    """The offline gate. `verdict` is a gate's, or `SKIPPED` or `NONE`; `result` is its whole JSON."""

    verdict: str
    why: str = ""
    file: str | None = None
    file_sha256: str | None = None
    began: int | None = None
    ended: int | None = None
    exit_code: int | None = None
    result: Any = None
    result_sha256: str | None = None

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """The gate's own, one for each demand."""
        if not isinstance(self.result, dict):
            return []
        found = cast("dict[str, Any]", self.result).get("decisions")
        return cast("list[dict[str, Any]]", found) if isinstance(found, list) else []


class PairStanding(msgspec.Struct, frozen=True):
    """What pairs of answers said of one measure: both means, more being better, and the evidence for a worse copy."""

    name: str
    pairs: int
    live_mean: float | None
    copy_mean: float | None
    e: float


class ShadowRun(msgspec.Struct, kw_only=True):
    """The shadow: `e` is the mean of the measures' e-processes, and `at` what it must reach to end the rollout."""

    verdict: Literal["running", "passed", "worse", "skipped"]
    why: str = ""
    began: int | None = None
    ended: int | None = None
    copies: int = 0
    pairs: int = 0
    incomplete: int = 0
    e: float = 1.0
    at: float | None = None
    cost_usd: float | None = None
    today: str = ""
    today_usd: float = 0.0
    standings: tuple[PairStanding, ...] = ()


class Epoch(msgspec.Struct, kw_only=True):
    """Units that were assigned with the same shares. Times are microseconds since 1970 UTC."""

    number: int
    revision: int
    began: int
    ended: int | None = None
    control_units: int = 0
    candidate_units: int = 0


class Step(msgspec.Struct, kw_only=True):
    """One share of the canary. It has more than one epoch where it was paused. `look` is the last one's number."""

    percent: float
    epochs: list[Epoch]
    why: str = ""
    """Why it ended."""
    look: int | None = None


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What the analysis left out, and what only it can tell. Of `elsewhere`, another deployment answered."""

    inferences: int = 0
    without_unit: int = 0
    control_inferences: int = 0
    candidate_inferences: int = 0
    control_elsewhere: int = 0
    candidate_elsewhere: int = 0
    late_feedback: int = 0
    stragglers: int = 0
    pending_units: int = 0


class CrashNote(msgspec.Struct, frozen=True):
    """The candidate's process ended by itself."""

    time: int
    step: int


class Event(msgspec.Struct, frozen=True):
    """Something that happened, in one sentence. `by` is a person, or `ajar`."""

    time: int
    kind: str
    by: str
    why: str


class Decision(msgspec.Struct, frozen=True):
    """How it ended, and what that rests on."""

    time: int
    state: State
    exit_code: int
    why: str
    by: str = "ajar"
    look: int | None = None
    rests_on: dict[str, str] = {}
    """SHA-256 of what else there is, by file: the gate's result, the looks."""


class Plan(msgspec.Struct, frozen=True):
    """A route's plan as it was or became: the primary deployment and its fallbacks."""

    primary: str
    fallback: tuple[str, ...]
    revision: int
    table_digest: str
    config_hash: str


class Rollout(msgspec.Struct, kw_only=True):
    """A rollout from its order to its end. `schema` counts up when a reader must know it.

    `state` is where it is, `paused` since when it is (None: it is not). `paused_us` is how long it was, over all
    pauses: they do not count towards `max_hours`, nor to a step's minutes. `revision` is the one that must be in force.
    """

    schema: int = 1
    id: str
    route: str
    control: str
    candidate: str
    who: str
    why: str
    created: int
    updated: int
    state: State = "queued"
    options: Options
    before: Plan
    after: Plan | None = None
    table: dict[str, Any] = {}
    """The route's table in the file."""
    version: str = ""
    preflight: list[Finding] = []
    gate: GateRun | None = None
    shadow: ShadowRun | None = None
    steps: list[Step] = []
    measures: list[str] = []
    traffic_began: int | None = None
    """When the first revision of it was written: `max_hours` count from here."""
    paused: int | None = None
    paused_us: int = 0
    revision: Revision | None = None
    revisions: list[Revision] = []
    crashes: list[CrashNote] = []
    read_to: int | None = None
    """While a steward that was started anew reads what there is already: up to when it has. None: it knows all."""
    looks: int = 0
    last_look: int = 0
    look: Look | None = None
    """The last one."""
    left: Left = Left()
    events: list[Event] = []
    decision: Decision | None = None
    """Set before it takes effect: a rollout that has one and is not in an ended state is just ending."""

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED

    @property
    def step(self) -> Step | None:
        """The present one."""
        return self.steps[-1] if self.steps else None

    @property
    def epoch(self) -> Epoch | None:
        """The present one, if there is a split now."""
        step = self.step
        last = step.epochs[-1] if step and step.epochs else None
        return last if last is not None and last.ended is None else None

    @property
    def epochs(self) -> int:
        """How many there were."""
        return sum(len(step.epochs) for step in self.steps)

    def note(self, time: int, kind: str, why: str, by: str = "ajar") -> None:
        """Add what happened."""
        self.events.append(Event(time, kind, by, why))

    def spent_us(self, now: int) -> int:
        """How long traffic was split or copied until now, pauses left out."""
        if self.traffic_began is None:
            return 0
        pause = 0 if self.paused is None else now - self.paused
        return now - self.traffic_began - self.paused_us - pause


def encode(document: Rollout) -> bytes:
    """The record as a file: indented JSON, and a newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(data: bytes) -> Rollout:
    """The record in a file or a row. Raises msgspec.DecodeError."""
    return _decode(data)


_decode = msgspec.json.Decoder(Rollout).decode
