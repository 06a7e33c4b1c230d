"""Conducts all running rollouts, one turn after the other: the only one who decides anything about them."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ajar.errors import StateError
from ajar.rollout import reins
from ajar.rollout.course import Course
from ajar.rollout.desk import Desk
from ajar.rollout.document import Rollout, decode
from ajar.rollout.webhook import Webhook
from ajar.store.database import Database
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.rollout.setting import Setting
    from ajar.store.orders import Order

_SHORTEST_US: Final = 2_000_000
_LONGEST_US: Final = 60_000_000
_TAKE_BACK: Final = "take back"
"""Beside the rollouts' ids, which have no space."""
_TROUBLE_US: Final = 60_000_000
"""A rollout that could not be looked after for so long gives its traffic back to the control."""


class _Failing:
    """A rollout whose turns raise: since when, and when it is tried again."""

    def __init__(self, now: int) -> None:
        self.since = now
        self.pause = 0
        self.until = now
        self.released = False


class Conductor:
    """One for each state directory. `turn` is called about once a second, from one thread.

    Whatever a rollout raises, the others go on, and it is tried again after a while. Nothing is kept here alone: after
    the end of the process at any point, another conductor goes on where this one was.
    """

    def __init__(
        self,
        setting: Setting,
        log: Callable[[str], None],
        *,
        clock: Callable[[], int] = lambda: time_ns() // 1000,
        webhook: Webhook | None = None,
    ) -> None:
        """Opens nothing yet. `clock` gives microseconds since 1970 UTC."""
        self._setting = setting
        self._log = log
        self._clock = clock
        self._webhook = webhook or Webhook()
        self._database: Database | None = None
        self._desk: Desk | None = None
        self._courses: dict[str, Course] = {}
        self._failing: dict[str, _Failing] = {}
        self._told: dict[str, int] = {}

    def turn(self) -> None:
        """Carry out what was ordered, and let each rollout do its next step. Raises nothing."""
        now = self._clock()
        if self._resting("", now):
            return
        try:
            desk = self._opened()
            orders = desk.orders.pending()  # before the rollouts: each of them is to one that is known then
            rows = desk.rollouts.running()
        except Exception as error:  # nobody decides while the store is not to be had
            self._release(None, self._failed("", "read the rollouts", error, now), now)
            return
        self._failing.pop("", None)
        running = {row.id for row in rows}
        for id_ in self._courses.keys() - running:
            self._let_go(id_)
        self._take_back(desk, running, now)
        for row in rows:
            if row.id not in self._courses:
                self._take_up(desk, row.id, row.document, now)
        for order in orders:
            self._carry_out(desk, order, now)
        for id_, course in list(self._courses.items()):
            self._move(id_, course, now)

    def close(self) -> None:
        """Let go of everything. Rollouts stay as they are."""
        for id_ in list(self._courses):
            self._let_go(id_)
        if self._database is not None:
            self._database.close()
        self._database = self._desk = None

    def _opened(self) -> Desk:
        if self._desk is None:
            self._database = Database.open(self._setting.state_dir)
            self._desk = Desk(self._setting, self._database, self._log, self._clock)
        return self._desk

    def _take_up(self, desk: Desk, id_: str, data: bytes, now: int) -> None:
        if self._resting(id_, now):
            return
        try:
            document = decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._release(id_, self._failed(id_, f"read rollout {id_}", error, now), now)
            return
        self._courses[id_] = Course(desk, document)
        # A decision that was cut off may have been posted or not: twice is better than never.
        self._told.setdefault(id_, len(document.events) - (document.decision is not None))
        if document.state == "queued":
            self._told[id_] = 0

    def _carry_out(self, desk: Desk, order: Order, now: int) -> None:
        course = self._courses.get(order.rollout)
        if course is None and order.rollout in self._failing:
            return  # it is still running, and cannot be read just now
        try:
            if course is not None:
                course.order(order, now)
            desk.orders.done(order.number)
        except Exception as error:
            self._trouble(order.rollout, error, now)

    def _move(self, id_: str, course: Course, now: int) -> None:
        if self._resting(id_, now):
            return
        try:
            course.turn(now)
        except Exception as error:
            self._trouble(id_, error, now)
            return
        self._failing.pop(id_, None)
        self._tell(course.document)
        if course.document.ended:
            self._let_go(id_)

    def _trouble(self, id_: str, error: Exception, now: int) -> None:
        """Begin anew from the store; after a minute of that, without any traffic for the candidate."""
        course = self._courses.pop(id_, None)
        failing = self._failed(id_, f"go on with rollout {id_}", error, now)
        if course is not None:
            course.close()
        self._release(id_, failing, now)

    def _release(self, rollout: str | None, failing: _Failing, now: int) -> None:
        if failing.released or now - failing.since < _TROUBLE_US:
            return
        try:
            routes = reins.release(
                Revisions(self._setting.state_dir), "nobody can look after the rollout", now, rollout
            )
        except Exception as error:
            self._log(f"rollout {rollout or '(all)'}: the control could not be restored: {error}")
            return
        failing.released = True
        for route in routes:
            self._log(f"route {route}: the control has all traffic until its rollout can be looked after again")

    def _take_back(self, desk: Desk, running: set[str], now: int) -> None:
        """What a rollout's revision splits or copies though it does not run, the control gets.

        Its route was not in the file for a while, or the database is another one by now.
        """
        if self._resting(_TAKE_BACK, now):
            return
        try:
            for route, revision in desk.revisions.read()[0].items():
                id_ = revision.rollout
                if id_ is not None and id_ not in running and reins.experiments(revision):
                    reins.release(desk.revisions, f"there is no rollout {id_} that runs", now, id_)
                    self._log(f"route {route}: the control has all traffic: there is no rollout that runs as {id_}")
        except StateError as error:
            self._failed(_TAKE_BACK, "take back what rollouts left behind", error, now)
        else:
            self._failing.pop(_TAKE_BACK, None)

    def _resting(self, what: str, now: int) -> bool:
        failing = self._failing.get(what)
        return failing is not None and now < failing.until

    def _failed(self, key: str, what: str, error: Exception, now: int) -> _Failing:
        failing = self._failing.setdefault(key, _Failing(now))
        failing.pause = min(max(failing.pause * 2, _SHORTEST_US), _LONGEST_US)
        failing.until = now + failing.pause
        said = str(error) or type(error).__name__
        self._log(f"the steward could not {what}: {said}; it tries again in {failing.pause / 1e6:.0f} s")
        return failing

    def _let_go(self, id_: str) -> None:
        course = self._courses.pop(id_, None)
        self._told.pop(id_, None)
        if course is not None:
            course.close()

    def _tell(self, document: Rollout) -> None:
        """Post what happened since the last turn."""
        told = self._told.get(document.id, len(document.events))
        self._told[document.id] = len(document.events)
        route = self._setting.snapshot.config.routes.get(document.route)
        url = None if route is None else route.swap.webhook
        if url is None:
            return
        for event in document.events[told:]:
            body: dict[str, Any] = {
                "rollout": document.id,
                "route": document.route,
                "control": document.control,
                "candidate": document.candidate,
                "state": document.state,
                "event": msgspec.to_builtins(event),
                "decision": msgspec.to_builtins(document.decision),
            }
            self._webhook.post(url, body, lambda why, kind=event.kind: self._posted(document.id, kind, why))

    def _posted(self, id_: str, kind: str, why: str | None) -> None:
        """A failed message is logged, and kept beside the record, which may be sealed by now."""
        if why is None:
            return
        self._log(f"rollout {id_}: its webhook was not told of `{kind}`: {why}")
        path = self._setting.state_dir / "rollouts" / id_ / "webhook.jsonl"
        try:
            with path.open("ab") as file:
                file.write(msgspec.json.encode({"time": self._clock(), "event": kind, "failed": why}) + b"\n")
        except OSError as error:
            self._log(f"{path} cannot be written: {error}")
