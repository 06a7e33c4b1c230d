"""One running rollout, from stage to stage until its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ajar.rollout import canary, reins, shadowing
from ajar.rollout.canary import Canary
from ajar.rollout.document import (
    COULD_NOT_RUN,
    PROMOTED,
    REJECTED,
    UNDECIDED,
    CrashNote,
    GateRun,
    Rollout,
    ShadowRun,
)
from ajar.rollout.ending import Ending
from ajar.rollout.gating import Gating
from ajar.rollout.preflight import failures, is_starting, preflight
from ajar.rollout.reins import Reins
from ajar.rollout.shadowing import Shadowing

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.rollout.canary import Said
    from ajar.rollout.desk import Desk
    from ajar.rollout.document import State
    from ajar.store.orders import Order

_START_US: Final = 120_000_000
"""How long a candidate's server may take to come up."""
_CRASHES: Final = 2


class Course:
    """Every turn goes on where the document says; what is lost with the process is found again in the journal."""

    def __init__(self, desk: Desk, document: Rollout) -> None:
        self._desk = desk
        self.document = document
        self._hold = Reins(desk, document)
        self._ending = Ending(desk, document, self._hold)
        self._gating: Gating | None = None
        self._shadowing: Shadowing | None = None
        self._canary: Canary | None = None

    def turn(self, now: int) -> None:
        """One step. Raises whatever goes wrong; the next turn begins anew."""
        document = self.document
        if document.decision is not None:
            self._finish()
            return
        taken = self._hold.hold(now)
        if taken is not None:
            self._taken(taken, now)
        elif document.spent_us(now) >= document.options.max_hours * 3600e6:
            hours = f"{document.options.max_hours:g} hours"
            self.end("inconclusive", UNDECIDED, f"no decision within {hours}: the control stays", now)
        elif document.state == "queued":
            self._go_to("preflight", now, "taken up")
        elif document.state == "preflight":
            self._preflight(now)
        elif document.state == "gate":
            self._gate(now)
        elif document.state == "shadow":
            self._shadow(now)
        else:
            self._step(now)

    def order(self, order: Order, now: int) -> None:
        """Do what a person says; what does not fit is noted and passed over.

        Who has taken the route meanwhile keeps it.
        """
        document = self.document
        taken = None if document.decision is not None else self._hold.hold(now)
        if taken is not None:
            self._taken(taken, now)
        if document.decision is not None:
            return
        why = order.why or "no reason was given"
        if order.kind == "abort":
            self.end("aborted", UNDECIDED, f"aborted: {why}", now, by=order.by)
        elif order.kind == "pause" and document.paused is None:
            self.pause(now, why, order.by)
        elif order.kind == "resume" and document.paused is not None:
            self._resume(now, why, order.by)
        else:
            document.note(now, order.kind, f"came to nothing: {why}", order.by)
            self._desk.save(document)

    def pause(self, now: int, why: str, by: str) -> None:
        """All traffic back to the control, until somebody resumes it."""
        document = self.document
        document.paused = document.paused or now
        document.note(now, "paused", why, by)
        canary.end_epoch(document, now)
        if reins.experiments(document.revision):
            self._hold.put(f"paused: {why}")  # which saves the pause before it takes effect
        self._desk.save(document, files=True)
        self._desk.tell(document, f"paused by {by}: {why}")

    def end(self, state: State, exit_code: int, why: str, now: int, **more: Any) -> None:
        """Decide, and carry it out: see `Ending.decide`."""
        self._ending.decide(state, exit_code, why, now, **more)
        self._finish()

    def close(self) -> None:
        """Let go of files and child processes."""
        for stage in (self._gating, self._shadowing, self._canary):
            if stage is not None:
                stage.close()
        self._gating = self._shadowing = self._canary = None

    def _finish(self) -> None:
        self.close()
        self._ending.carry_out()

    def _taken(self, taken: reins.Taken, now: int) -> None:
        if taken.by == "trouble":
            self.pause(now, f"{taken.why}; `ajar swap resume` goes on", "ajar")
        elif taken.by == "hand" and self.document.traffic_began is not None:
            self.end("rolled_back", REJECTED, f"rolled back by hand: {taken.why}", now, by="hand", taken=True)
        else:
            what = "the file changed" if taken.by == "file" else "somebody changed the route"
            self.end("aborted", UNDECIDED, f"{what}: {taken.why}", now, by=taken.by, taken=True)

    def _go_to(self, state: State, now: int, why: str, begin: Callable[[], None] = lambda: None) -> None:
        """`begin` saves the document with the state and the note, and then changes the route."""
        document = self.document
        document.state = state
        document.note(now, state, why)
        begin()
        self._desk.save(document, files=True)
        self._desk.tell(document, f"{state}: {why}")

    def _resume(self, now: int, why: str, by: str) -> None:
        document = self.document
        assert document.paused is not None
        document.paused_us += now - document.paused if document.traffic_began is not None else 0
        document.paused = None
        document.note(now, "resumed", why, by)
        if document.state == "shadow":
            self._hold.put("the shadow goes on", **reins.copying(document))
        elif document.state == "canary":
            canary.begin_epoch(document, self._hold, now, f"resumed: {why}")
        self._desk.save(document, files=True)
        self._desk.tell(document, f"resumed by {by}: {why}")

    def _preflight(self, now: int) -> None:
        document, setting = self.document, self._desk.setting
        if document.paused is not None:
            return
        waited = now - document.events[-1].time
        if is_starting(setting.snapshot, document.candidate) and waited < _START_US:
            return
        document.preflight = preflight(
            setting.snapshot, setting.state_dir, document.route, document.control, document.candidate, now
        )
        failed = failures(document.preflight)
        if failed and document.options.skip_preflight is None:
            self.end("failed", COULD_NOT_RUN, f"the preflight found what is in the way: {failed}", now)
            return
        if failed:
            document.note(now, "preflight", f"failed, and goes on all the same: {document.options.skip_preflight}")
        self._go_to("gate", now, "the preflight is done")

    def _gate(self, now: int) -> None:
        document, options = self.document, self.document.options
        if self._gating is None:
            if document.gate is not None and document.gate.ended is not None:
                self._after_gate(now)
                return
            if options.skip_gate is not None:
                document.gate = GateRun(verdict="SKIPPED", why=options.skip_gate, ended=now)
            elif options.gate is None:
                why = "THE ROUTE HAS NO GATE: nothing was tested before live traffic (swap.gate)"
                document.gate = GateRun(verdict="NONE", why=why, ended=now)
                self._desk.tell(document, why)
            elif document.paused is not None:
                return
            else:
                self._gating = Gating(self._desk, document, now)
            self._desk.save(document)
        elif self._gating.turn(now) is not None:
            self._gating = None
            self._desk.save(document, files=True)

    def _after_gate(self, now: int) -> None:
        document = self.document
        gate = document.gate
        assert gate is not None
        if document.paused is not None:
            return
        if gate.verdict in ("PASS", "SKIPPED", "NONE"):
            self._begin_shadow(now, f"the gate: {gate.verdict}")
        elif gate.verdict == "FAIL":
            self.end("failed", REJECTED, f"the gate failed: {gate.why}", now)
        elif gate.verdict == "INCONCLUSIVE":
            self.end("inconclusive", UNDECIDED, f"the gate is inconclusive: {gate.why}", now)
        else:
            self.end("failed", COULD_NOT_RUN, f"the gate could not run: {gate.why}", now)

    def _begin_shadow(self, now: int, why: str) -> None:
        document = self.document
        skip = shadowing.reason_to_skip(document, self._desk.setting.snapshot.config)
        if skip is None:
            self._go_to("shadow", now, why, lambda: shadowing.begin(document, self._hold, now))
        else:
            document.shadow = ShadowRun(verdict="skipped", why=skip, ended=now)
            document.note(now, "shadow", f"skipped: {skip}")
            self._begin_canary(now, why)

    def _shadow(self, now: int) -> None:
        document = self.document
        if self._crashed(now, 0, document.shadow.began if document.shadow else None):
            return
        if self._shadowing is None:
            self._shadowing = Shadowing(self._desk, document, self._hold)
        said = self._shadowing.turn(now)
        shadow = document.shadow
        assert shadow is not None
        if said is None or (said == "passed" and document.paused is not None):
            return
        shadow.verdict, shadow.ended = ("worse" if said == "worse" else "passed"), now
        if said == "worse":
            why = f"copies were worse in {shadow.pairs:,} pairs of answers (evidence {shadow.e:.4g} of {shadow.at:.4g})"
            shadow.why = why
            self.end("rolled_back", REJECTED, why, now)
            return
        shadow.why = f"{shadow.pairs:,} pairs of answers show no harm"
        self._shadowing.close()
        self._shadowing = None
        self._begin_canary(now, f"the shadow: {shadow.why}")

    def _begin_canary(self, now: int, why: str) -> None:
        said = f"{why}; step 1 of {len(self.document.options.steps)}"
        self._go_to("canary", now, said, lambda: canary.begin_step(self.document, self._hold, now, why))

    def _step(self, now: int) -> None:
        document = self.document
        step = document.step
        if self._crashed(now, len(document.steps), step.epochs[0].began if step else None):
            return
        if self._canary is None:
            self._canary = Canary(self._desk, document)
        said = self._canary.turn(now)
        if said is not None:
            self._obey(said, now)

    def _obey(self, said: Said, now: int) -> None:
        document, kind, why = self.document, said.decision.kind, said.decision.why
        if kind == "roll_back":
            self.end("rolled_back", REJECTED, why, now, look=said.look)
        elif kind == "stop":
            self.end("inconclusive", UNDECIDED, f"STOPPED: {why}", now, look=said.look)
        elif document.paused is not None:
            return
        elif kind == "promote":
            self.end("promoted", PROMOTED, why, now, look=said.look)
        else:
            text = f"step {len(document.steps) + 1} of {len(document.options.steps)}: {why}"
            self._go_to("canary", now, text, lambda: canary.begin_step(document, self._hold, now, why))

    def _crashed(self, now: int, step: int, since: int | None) -> bool:
        """Whether the candidate crashed twice within this step (0: the shadow), which ends the rollout."""
        document = self.document
        known = {note.time for note in document.crashes}
        for crash in list(self._desk.setting.crashes):
            if crash.deployment == document.candidate and crash.time not in known and crash.time >= (since or now):
                document.crashes.append(CrashNote(crash.time, step))
                document.note(crash.time, "crash", f"{document.candidate} ended by itself")
                self._desk.save(document)
        count = sum(note.step == step for note in document.crashes)
        if count < _CRASHES:
            return False
        self.end("rolled_back", REJECTED, f"{document.candidate} crashed {count} times within one step", now)
        return True
