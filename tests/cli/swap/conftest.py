"""Rollouts in a state directory, with looks as a real trial gives them."""

from __future__ import annotations

from contextlib import closing
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config import load
from ajar.evidence.live.decide import decide
from ajar.evidence.live.observed import Observed
from ajar.evidence.live.trial import Trial
from ajar.rollout import ordering
from ajar.rollout.desk import row_of
from ajar.rollout.document import Decision, Epoch, Finding, GateRun, Left, Rollout, ShadowRun, Step, decode
from ajar.rollout.measures import gauges
from ajar.store.database import Database
from ajar.store.rollouts import Rollouts

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.document import State

NOW = 1_795_276_800_000_000  # 2026-11-21 16:00:00 UTC
MINUTE = 60_000_000

CONFIG = """
[deployments.old]
provider = "openai"
model = "gpt-5"
api_key = "env:OPENAI_API_KEY"

[deployments.new]
provider = "openai"
model = "gpt-6"
api_key = "env:OPENAI_API_KEY"

[deployments.third]
provider = "openai"
model = "gpt-4"
api_key = "env:OPENAI_API_KEY"

[routes.support]
primary = "old"
fallback = ["third"]

[routes.support.metrics.solved]
kind = "boolean"
role = "primary"
margin = 0.05
missing = "fail"

[routes.support.swap]
steps = [5, 25, 50]
shadow = {share = 0}

[routes.status]
primary = "old"
"""


@pytest.fixture
def config(here: Path) -> Path:
    """A config whose deployments' key is not there: nobody needs it to order a rollout."""
    path = here / "ajar.toml"
    path.write_text(CONFIG)
    return path


class Told:
    """What a steward would write of the rollout on the route `support`."""

    def __init__(self, state_dir: Path, rollout: str) -> None:
        self.state_dir = state_dir
        self.id = rollout
        with closing(Database.open(state_dir)) as database:
            row = Rollouts(database).get(rollout)
        assert row is not None
        self.document: Rollout = decode(row.document)

    def save(self, **changes: Any) -> Rollout:
        """With these changes of the document."""
        for name, value in changes.items():
            setattr(self.document, name, value)
        self.document.updated += 1
        with closing(Database.open(self.state_dir)) as database:
            Rollouts(database).save(row_of(self.document))
        return self.document

    def canary(self, *steps: tuple[float, int], good: tuple[float, float] = (0.9, 0.9), seed: int = 1) -> Rollout:
        """Units by the step, and how often the control's and the candidate's are solved; 40 looks in all."""
        document = self.document
        document.created = NOW - 3600_000_000
        document.events = [msgspec.structs.replace(document.events[0], time=document.created)]
        document.preflight = [Finding("unit", "warning", "1.2% of the requests have no unit")]
        document.gate = GateRun(verdict="PASS", why="triage · passed: no worse by 3%", file="gate.yaml")
        document.shadow = ShadowRun(verdict="skipped", why="the route's swap says share = 0")
        random = Random(seed)
        measures = tuple(
            gauge.measure for gauge in gauges(load.load(self.state_dir.parent / "ajar.toml").config.routes["support"])
        )
        trial = Trial(measures, document.options.alpha)
        whole, time = sum(units for _, units in steps), NOW - 3000_000_000
        every = max(whole // 40, 1)
        document.steps = []
        looks: list[tuple[int, bytes]] = []
        for number, (percent, units) in enumerate(steps, 1):
            trial.begin_epoch(percent)
            epoch = Epoch(number=number, revision=number, began=time)
            document.steps.append(Step(percent=percent, epochs=[epoch]))
            for unit in range(units):
                time += 1_000_000
                candidate = random.random() * 100 < percent
                trial.assigned(candidate)
                values = (float(random.random() < good[candidate]), float(random.random() < 0.99))
                trial.add(Observed(time, f"{time}-{unit}", candidate, values))
                if unit % every == 0 or unit == units - 1:
                    looks.append((time, self._look(trial, number, document)))
            if number < len(steps):
                epoch.ended = time
        document.state = "canary"
        document.looks, document.last_look = len(looks), time
        document.look = trial.look()
        document.left = Left(
            inferences=2 * whole,
            without_unit=whole // 50,
            control_inferences=whole,
            candidate_inferences=whole // 2,
            control_elsewhere=1,
            candidate_elsewhere=whole // 100,
            pending_units=12,
        )
        with closing(Database.open(self.state_dir)) as database:
            for at, body in looks:
                Rollouts(database).add_look(document.id, at, body)
        return self.save()

    def end(self, state: State, code: int, why: str) -> Rollout:
        """The decision, carried out."""
        return self.save(state=state, decision=Decision(NOW, state, code, why))

    def _look(self, trial: Trial, step: int, document: Rollout) -> bytes:
        look = trial.look()
        last = step == len(document.options.steps)
        said = decide(look, last=last, dose_done=False)
        body = {"step": step, "look": msgspec.to_builtins(look), "decision": said.kind, "why": said.why}
        return msgspec.json.encode(body)


@pytest.fixture
def told(config: Path) -> Told:
    """A rollout of `new` on the route `support`, just ordered."""
    state_dir = config.parent / ".ajar"
    loaded = load.load(config).config
    return Told(state_dir, ordering.begin(state_dir, loaded, "support", "new", who="ann", why="cheaper"))
