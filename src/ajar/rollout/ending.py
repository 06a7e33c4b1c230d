"""How a rollout ends: decided, put in force, and sealed, in this order, so that a crash in between loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.rollout import canary, reins
from ajar.rollout.document import Decision, Plan

if TYPE_CHECKING:
    from ajar.rollout.desk import Desk
    from ajar.rollout.document import Rollout, State
    from ajar.rollout.reins import Reins


class Ending:
    """Of one rollout."""

    def __init__(self, desk: Desk, document: Rollout, hold: Reins) -> None:
        self._desk = desk
        self._document = document
        self._hold = hold

    def decide(
        self,
        state: State,
        exit_code: int,
        why: str,
        now: int,
        *,
        by: str = "ajar",
        look: int | None = None,
        taken: bool = False,
    ) -> None:
        """Note the decision and the route's last revision, and save both. A route that was `taken` is left alone.

        Where saving fails, the control gets its traffic back all the same.
        """
        document = self._document
        canary.end_epoch(document, now)
        document.read_to = None
        if document.step is not None:
            document.step.why = document.step.why or why
        document.note(now, state, why, by)
        try:
            document.decision = Decision(now, state, exit_code, why, by, look, self._rests_on())
            if taken:
                document.revision = None
            elif state == "promoted":
                self._promote(why)
            elif reins.experiments(document.revision):
                self._hold.promise(self._hold.make(why))
            self._desk.save(document)
        except Exception:
            if state != "promoted" and not taken:
                reins.release(self._desk.revisions, why, now, document.id)
            raise

    def carry_out(self) -> None:
        """Put a decision that is saved in force, and seal the record. May be done again."""
        document, decision = self._document, self._document.decision
        assert decision is not None
        promised = document.revision
        if promised is not None and self._desk.revisions.next_number(document.route) <= promised.number:
            self._desk.revisions.write(promised)
        document.state, document.updated = decision.state, decision.time
        self._desk.seal(document)
        self._desk.tell(document, f"{decision.state}: {decision.why}")

    def _promote(self, why: str) -> None:
        document, before = self._document, self._document.before
        revision = self._hold.make(why, **reins.promoted(document))
        self._hold.promise(revision)
        document.after = Plan(
            revision.primary, revision.fallback, revision.number, before.table_digest, before.config_hash
        )

    def _rests_on(self) -> dict[str, str]:
        document = self._document
        found = self._desk.close_looks(document)
        if document.gate is not None and document.gate.result_sha256 is not None:
            found["gate/out.json"] = document.gate.result_sha256
        return found
