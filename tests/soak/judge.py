"""Whether what a caller saw, and what was done for him, is what he was promised."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from soak.events import FELT_S
from soak.stations import ROUTES
from soak.tale import WORD
from soak.teller import HARMLESS, HARMLESS_WHOLE

if TYPE_CHECKING:
    from soak.clock import Clock
    from soak.events import Events
    from soak.teller import Attempt, Book
    from soak.visit import Visit

LEAVE_S = 0.25
"""How long an attempt may outlive its caller."""
SETTLED_S = 1.0
"""How long after a caller's end his attempts are looked at."""
_STARTING_S = 4.0
"""While a worker starts, callers wait in its socket, and leave unseen."""
_MOST = 40


class Judge:
    """Collects the visits, and what was wrong with them."""

    def __init__(self, book: Book, events: Events, clock: Clock) -> None:
        self.visits: list[Visit] = []
        self.problems: list[str] = []
        self.count = 0
        """Problems, also those that were too many to be told."""
        self.lags: list[float] = []
        """By how much attempts outlived callers who left in the middle of them."""
        self.own_lags: list[float] = []
        """The same, less what this machine was late."""
        self._book = book
        self._events = events
        self._clock = clock
        self._unjudged: list[Visit] = []

    def blame(self, problem: str) -> None:
        """Something is wrong."""
        self.count += 1
        if len(self.problems) < _MOST:
            self.problems.append(problem)

    def refused(self, visit: Visit) -> None:
        """There was no connection to be had. The supervisor holds the sockets: that never happens."""
        self.blame(f"question {visit.wish.number}: no connection to the service")

    def take(self, visit: Visit) -> None:
        """Judge what the caller saw."""
        self.visits.append(visit)
        self._unjudged.append(visit)
        if visit.ending == "left":
            return
        if visit.ending != "cut":  # how late this machine was meanwhile is known only afterwards
            self._judge(visit)
        visit.text = ""  # there will be many

    def _judge(self, visit: Visit) -> None:
        acts = [attempt.act for attempt in self._book.get(visit.wish.number, [])]
        why = self._wrong(visit, acts)
        if why:
            self.blame(f"{why}: {visit.words}; deployments did: {', '.join(acts) or 'nothing'}")

    def _wrong(self, visit: Visit, acts: list[str]) -> str:
        """Why this is no ending that could be; empty where it could."""
        route = ROUTES[visit.route]
        if route.own and visit.ending in ("clean", "incomplete") and WORD not in visit.text:
            return ""  # a model says what it likes; tales are told by its fallback
        if visit.ending == "incomplete":
            return "a length limit ended what has none"
        if visit.ending == "clean":
            return "" if visit.text == visit.wish.text else _other(visit)
        if visit.ending in ("hung", "nonsense"):
            return f"{visit.ending} ({visit.why})"
        if visit.ending == "cut":
            if visit.finished:
                return "it ended as if it were whole, without the end of its format"
            return "" if self._killed(visit.ended_at) else "cut though no worker died"
        if visit.unrecorded:
            return "" if self._full(visit) else "no record though the disk had room"
        return self._unkind(visit, acts)

    def _killed(self, until: float) -> bool:
        """A worker was, and so that it can be seen at that time."""
        kills = (at for at in self._events.worker_kills if at <= until)
        return any(until - at <= FELT_S + self._clock.late(at, until) for at in kills)

    def _full(self, visit: Visit) -> bool:
        """The disk was, so that it can be seen at that time."""
        asked = visit.asked_at
        times = ((ended, asked - ended) for began, ended in self._events.full if began <= visit.ended_at)
        return any(past <= FELT_S + self._clock.late(ended, asked) for ended, past in times)

    def _unkind(self, visit: Visit, acts: list[str]) -> str:
        """Why this error could not be; empty where it could."""
        route = ROUTES[visit.route]
        if route.own and self._events.runtime_died(visit.asked_at, visit.ended_at):
            return ""
        if visit.text and not visit.wish.text.startswith(visit.text):
            return _other(visit)
        if route.narrow:
            return "" if visit.status == 429 or "busy" in (visit.code or "") else "an error of a healthy deployment"
        harmless = HARMLESS if visit.stream else HARMLESS_WHOLE
        if all(act in harmless for act in acts) and visit.status != 503:
            return "an error though no deployment did wrong"
        if route.safe and not visit.text and acts[-1:] != ["400"]:
            return "an error though a healthy deployment could have been asked"
        return ""

    def settle(self, now: float | None = None) -> None:
        """Judge what was cut, and how long attempts outlived the callers who have been gone for a while."""
        now = now or monotonic()
        later: list[Visit] = []
        for visit in self._unjudged:
            if now - visit.ended_at < SETTLED_S:
                later.append(visit)
                continue
            if visit.ending == "cut":
                self._judge(visit)
            for attempt in self._book.pop(visit.wish.number, []):
                self._outlived(visit, attempt, now)
        self._unjudged = later

    def _outlived(self, visit: Visit, attempt: Attempt, now: float) -> None:
        ended = attempt.ended_at
        lag = (now if ended is None else ended) - visit.ended_at
        own = lag - self._clock.late(visit.ended_at, visit.ended_at + lag)
        if visit.ending == "left" and attempt.seen.left_at is not None and attempt.seen.at <= visit.ended_at:
            self.lags.append(max(lag, 0.0))
            self.own_lags.append(max(own, 0.0))
        if own <= LEAVE_S:
            return
        if attempt.seen.at > visit.ended_at and self._events.worker_died(visit.ended_at - _STARTING_S, attempt.seen.at):
            return
        how = "still runs" if ended is None else f"ended {lag * 1000:.0f} ms later"
        began = (attempt.seen.at - visit.ended_at) * 1000
        self.blame(
            f"outlived: {visit.words}; its attempt at {attempt.deployment} ({attempt.act}), begun {began:.0f} ms after "
            f"the caller's end, {how}"
        )


def _other(visit: Visit) -> str:
    return f"text is {visit.text!r}, not {visit.wish.text!r}"
