"""Checks live answers and their shadows as they come from the workers, and keeps what the checks say."""

from __future__ import annotations

import threading
from functools import partial
from time import time_ns
from typing import TYPE_CHECKING

from ajar.domain.feedback import Feedback
from ajar.errors import ConfigError, JournalError, UpstreamGarbage
from ajar.evals.case import Case
from ajar.evals.run.scoring import score_now
from ajar.evals.scorer import Judge
from ajar.rollout.checks import scorers_of
from ajar.rollout.heard import answer_of, case_of
from ajar.rollout.judges import Judges
from ajar.rollout.prices import prices
from ajar.traffic.answers import AnswerReceiver
from ajar.traffic.feedback import feedback_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event
    from typing import Any

    from ajar.config.model import Price, Route
    from ajar.config.snapshot import Snapshot
    from ajar.evals.answer import Answer
    from ajar.evals.score import Score
    from ajar.evals.scorer import Scorer
    from ajar.rollout.setting import Setting
    from ajar.traffic.answers import Said

_MOST_TOLD = 500
_NO_CASE = Case(input="")


class Checking:
    """The body of a thread. Of what was asked and answered, only what the checks make of it goes to the disk.

    A check that cannot be made has the value None, and the log says why, once for each check; in whose words, depends
    on whether the route's bodies may be kept, for they may quote them.
    """

    def __init__(self, setting: Setting, answers_fd: int, log: Callable[[str], None]) -> None:
        """Takes over the descriptor."""
        self._setting = setting
        self._log = log
        self._receiver = AnswerReceiver(answers_fd)
        self._journal = feedback_journal(setting.state_dir, "steward")
        self._judges = Judges(setting)
        self._writing = threading.Lock()
        self._built: dict[str, tuple[dict[str, dict[str, Any]], dict[str, Scorer]]] = {}
        self._told: set[tuple[str, str]] = set()
        self._prices: tuple[str, Mapping[str, Price]] = ("", {})

    def run(self, stop: Event) -> None:
        """Check until `stop` is set."""
        try:
            for said in self._receiver.said(stop):
                if said is None:
                    with self._writing:
                        self._journal.rotate_if_old()
                else:
                    self._guarded(said)
        finally:
            self._judges.close()
            with self._writing:
                self._journal.close()
            self._receiver.close()

    def _guarded(self, said: Said) -> None:
        try:
            self.check(said)
        except Exception as error:  # whatever it is, the next answer must be checked
            self._tell(said.route, "", type(error).__name__)

    def check(self, said: Said) -> None:
        """Make the route's checks of one answer."""
        snapshot = self._setting.snapshot
        route = snapshot.config.routes.get(said.route)
        if route is None or not route.checks:
            return  # it had some when this was said
        scorers = self._scorers(said.route, route)
        try:
            answer = answer_of(said, self._prices_of(snapshot))
        except UpstreamGarbage as error:
            for name in scorers:
                self._lack(said, name, "the answer cannot be read", error.message)
            return
        for name, scorer in scorers.items():
            if isinstance(scorer, Judge):
                self._ask(said, name, scorer, answer)
            else:
                self._keep(said, name, score_now(scorer, answer, _NO_CASE))

    def _ask(self, said: Said, name: str, judge: Judge, answer: Answer) -> None:
        case = case_of(said)
        if case is None:
            self._lack(said, name, "what was asked is too long, or cannot be told a judge")
        elif not self._judges.ask(judge, answer, case, partial(self._keep, said, name)):
            self._lack(said, name, "the judges cannot keep up: too many answers wait for them")

    def _keep(self, said: Said, name: str, score: Score) -> None:
        if score.value is None:
            self._lack(said, name, "its scorer gave no value", score.why)
        else:
            self._append(said, name, score.value)

    def _lack(self, said: Said, name: str, why: str, details: str = "") -> None:
        route = self._setting.snapshot.config.routes.get(said.route)
        if details and route is not None and route.bodies == "all":
            why = f"{why}: {details}"
        self._tell(said.route, name, why)
        self._append(said, name, None)

    def _append(self, said: Said, name: str, value: float | None) -> None:
        feedback = Feedback(
            id=f"{said.inference}/{name}",
            time=time_ns() // 1000,
            route=said.route,
            metric=name,
            value=value,
            caller=said.caller,
            source="check",
            inference=said.inference,
        )
        try:
            with self._writing:
                self._journal.append(feedback)
        except JournalError as error:
            self._tell(said.route, "", error.message)

    def _scorers(self, name: str, route: Route) -> dict[str, Scorer]:
        """Those of a route as it is now, built once."""
        built = self._built.get(name)
        if built is not None and built[0] == route.checks:
            return built[1]
        scorers: dict[str, Scorer] = {}
        try:
            scorers = scorers_of(route)
        except ConfigError as error:
            self._tell(name, "", "; ".join(error.problems))
        self._built[name] = route.checks, scorers
        return scorers

    def _prices_of(self, snapshot: Snapshot) -> Mapping[str, Price]:
        if self._prices[0] != snapshot.hash:
            self._prices = snapshot.hash, prices(snapshot.config)
        return self._prices[1]

    def _tell(self, route: str, check: str, why: str) -> None:
        if (route, check) not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add((route, check))
            what = f"check {check} of route {route} could not be made" if check else f"the checks of route {route}"
            self._log(f"{what}: {why}. This is said once.")
