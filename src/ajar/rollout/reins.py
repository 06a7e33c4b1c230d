"""A rollout's hold on its route: which revision must be in force, and whether somebody else took over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from ajar.config.overlay import misfit
from ajar.config.revision import Arm, Copying, Revision, Split, table_digest

if TYPE_CHECKING:
    from ajar.rollout.desk import Desk
    from ajar.rollout.document import Rollout
    from ajar.store.revisions import Revisions

_GRACE_US = 600_000_000
"""So long after `max_hours` the supervisor ends an experiment that nobody looks after."""
_ABSENT_US = 5_000_000
"""So long the steward may know of a change of the file later than the folder of revisions shows it."""


class Taken(NamedTuple):
    """Who has the route now: the `file`, a person (`hand`), or the control because of `trouble` that is over."""

    by: Literal["file", "hand", "trouble"]
    why: str


def split(document: Rollout, percent: float, epoch: int) -> dict[str, Any]:
    """The changes of the plan for one step of the canary."""
    arms = (Arm(document.control, 100 - percent), Arm(document.candidate, percent))
    return {"split": Split(document.id, epoch, arms)}


def copying(document: Rollout) -> dict[str, Any]:
    """The changes of the plan for the shadow."""
    return {"copying": Copying(document.id, document.candidate, document.options.shadow_share)}


def promoted(document: Rollout) -> dict[str, Any]:
    """The changes of the plan that make the candidate the route's model, and the control its first fallback."""
    others = [name for name in document.before.fallback if name not in (document.candidate, document.control)]
    return {"primary": document.candidate, "fallback": (document.control, *others)}


class Reins:
    """Of one rollout. Its revision is noted in the document and saved there before it is written.

    So after a crash at any point the document tells what must be in force, and the folder whether it is.
    """

    def __init__(self, desk: Desk, document: Rollout) -> None:
        self._desk = desk
        self._document = document
        self._absent: int | None = None
        self._next: int | None = None
        """The number after the last one that `hold` saw: what somebody else writes meanwhile has it, and stays."""

    def put(self, why: str, **changes: Any) -> Revision:
        """Make a revision of the plan before, with these changes, and put it in force."""
        return self.give(self.make(why, **changes))

    def give(self, revision: Revision) -> Revision:
        """Put a revision in force that `make` made."""
        self.promise(revision)
        self._desk.save(self._document)
        self._desk.revisions.write(revision)
        return revision

    def make(self, why: str, **changes: Any) -> Revision:
        """A revision of the plan before, with these changes; without any it is the control's."""
        document = self._document
        now = self._desk.clock()
        plan: dict[str, Any] = {"primary": document.before.primary, "fallback": document.before.fallback}
        if "split" in changes or "copying" in changes:
            plan["until"] = now + int(document.options.max_hours * 3600e6) - document.spent_us(now) + _GRACE_US
        number = self._next or self._desk.revisions.next_number(document.route)
        self._next = number + 1
        return Revision(
            route=document.route,
            number=number,
            base=document.before.table_digest,
            time=now,
            by=f"rollout {document.id}",
            why=why,
            rollout=document.id,
            **(plan | changes),
        )

    def promise(self, revision: Revision) -> None:
        """Note in the document that this one must be in force."""
        document = self._document
        document.revision = revision
        document.revisions.append(revision)
        if document.traffic_began is None:
            document.traffic_began = revision.time

    def hold(self, now: int) -> Taken | None:
        """See that the promised revision is in force: write it where a crash kept it from that.

        Returns who has the route where it is not as this rollout left it.
        """
        document = self._document
        self._next = self._desk.revisions.next_number(document.route)  # before anything is looked at
        config = self._desk.setting.snapshot.config
        route = config.routes.get(document.route)
        promised = document.revision
        if route is None:
            return Taken("file", f"the file has no route {document.route} any more")
        if promised is None:
            return self._before_traffic(table_digest(route))
        why = misfit(promised, config)
        if why:
            return Taken("file", why)
        present = self._desk.revisions.get(document.route)
        if present is None:
            return self._absence(promised, now)
        self._absent = None
        if present.number < promised.number:
            self._desk.revisions.write(promised)
        elif present.rollout == document.id and present.number > promised.number:
            # Written in trouble, when the document could not be saved.
            document.revision = present
            document.revisions.append(present)
            return Taken("trouble", present.why)
        elif present != promised:
            return Taken("hand", f"{present.by} made revision {present.number}: {present.why}")
        return None

    def _before_traffic(self, digest: str) -> Taken | None:
        document = self._document
        deployments = self._desk.setting.snapshot.config.deployments
        if digest != document.before.table_digest:
            return Taken("file", "the file's table for the route has changed since the rollout began")
        for name in (document.control, document.candidate):
            if name not in deployments:
                return Taken("file", f"the file no longer has the deployment {name}")
        present = self._desk.revisions.get(document.route)
        if (
            present is not None
            and present.number != document.before.revision
            and not misfit(present, self._desk.setting.snapshot.config)
        ):
            return Taken("hand", f"{present.by} made revision {present.number}: {present.why}")
        return None

    def _absence(self, promised: Revision, now: int) -> Taken | None:
        """No revision is there: it was never written, or the file's change took it away and is not told yet."""
        history = self._desk.revisions.history(self._document.route)
        if all(one.number < promised.number for one in history):
            self._desk.revisions.write(promised)
            return None
        if self._absent is None:
            self._absent = now
        if now - self._absent < _ABSENT_US:
            return None
        return Taken("hand", "its revision was removed from the state directory")


def release(revisions: Revisions, why: str, now: int, rollout: str | None = None) -> list[str]:
    """All traffic of the routes back to their controls at once, of one rollout or of all; the routes' names.

    It needs no database. The rollout finds a revision of its own then that it did not promise, and is paused. Raises
    StateError where a route's revision is damaged that may be such a one, after the others were given back.
    """
    freed: list[str] = []
    found, damaged = revisions.read()
    for route, revision in found.items():
        if experiments(revision) and rollout in (None, revision.rollout):
            number = revisions.next_number(route)
            revisions.write(
                msgspec.structs.replace(
                    revision, number=number, time=now, why=why, split=None, copying=None, until=None
                )
            )
            freed.append(route)
    for error in damaged.values():
        if not freed or rollout is None:
            raise error
    return freed


def experiments(revision: Revision | None) -> bool:
    """Whether the revision gives the candidate any traffic."""
    return revision is not None and (revision.split is not None or revision.copying is not None)
