"""When to stop asking a target: it goes on failing in one way, and another request would only cost."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ajar.evals.run.pace import LONGEST_WAIT_S

if TYPE_CHECKING:
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.target import Target

_FEW = 3
_FILTERED = ("upstream_403", "upstream_404")
"""These may come from a filter beside the model or from a router, so one of them says little."""

_HELP = {
    "bad_answer": "what answers there does not speak Chat Completions: see to the base URL",
    "bad_http": "what answers there does not speak HTTP: see to the base URL",
    "closed": "whoever runs it must find out why it closes connections",
    "connect_failed": "start it, or see to the base URL and the way there",
    "timeout": "whoever runs it must see why it is so slow, or give it more time (--timeout)",
    "upstream_401": "give a key that it accepts",
    "upstream_402": "the account cannot pay: see to its billing",
    "upstream_403": "this key may not do that: ask whoever runs it for the right, or give another key",
    "upstream_404": "see to the model's name and the base URL",
    "upstream_429": "its rate limit or quota is used up: wait, or have it raised",
}
_SUITE = "the suite's requests are not to its liking: see to their `request` members"
_THEIRS = "whoever runs it must mend that; its own log says more"
_ALL_THE_SAME = "--breaker 0 takes such errors as they are"
_THEN = "Then resume the run: what is done is kept"

KEYS = "--api-key env:NAME; the baseline's, where it has its own: --against-api-key"
"""How a model's key is given."""


class Trip(NamedTuple):
    """Why the run must end, with what helps and who can do it; unless it is `sure`, one good answer disproves it."""

    why: str
    sure: bool


class Breaker:
    """Counts the errors of one target that come in a row with the same code.

    Only what was first sent after the target last answered counts. Errors are told later than answers, for they are
    sent again before: those of a few cases would else look like a row when all other cases are done. Times are seconds
    of any steady clock.
    """

    def __init__(self, target: Target, most: int, keys: str = KEYS) -> None:
        """`most`: so many, and the run ends; 0 for never. A refused key or an unknown model ends it at once.

        `keys` says how another key is given.
        """
        self._target = target
        self.most = most
        self._keys = keys
        self._answered = -inf
        self._code = ""
        self._count = 0
        self.doubted = False
        """Whether it has tripped, and no answer has come since."""

    def answered(self, now: float) -> None:
        """It can answer."""
        self._answered = now
        self._count = 0
        self.doubted = False

    def failed(self, miss: Miss, began: float) -> Trip | None:
        """An error that stays, of a request first sent at `began`; None where the run need not end for it.

        A refused key or an unknown model is nothing that a case can bring about, and a target that asks for a long wait
        is believed at once. While it is doubted it trips no second time.
        """
        code, message = miss.failure.code, miss.failure.message
        if miss.load == "overload" and miss.told is not None and miss.told > LONGEST_WAIT_S:
            why = f"{self._where()} asks to wait for {miss.told:.0f} s ({code}: {message}): resume the run then"
            return Trip(why, sure=True)
        if code == "upstream_401" or miss.unknown_model:
            return Trip(f"{self._where()} failed ({_said(code, message)}): {self._help(code)}. {_THEN}", sure=True)
        if began <= self._answered:
            return None
        self._count = self._count + 1 if code == self._code else 1
        self._code = code
        if self.doubted or not self.enough(code, self._count):
            return None
        self.doubted = True
        return Trip(self.told(code, message, self._count), sure=False)

    def enough(self, code: str, count: int) -> bool:
        """Whether so many of these errors speak against the target rather than for their cases."""
        return bool(self.most) and count >= (_FEW if code in _FILTERED else self.most)

    def told(self, code: str, message: str, count: int) -> str:
        """Why so many of them end the run."""
        return (
            f"{self._where()} failed, {count} times in a row ({_said(code, message)}): {self._help(code)}, or "
            f"{_ALL_THE_SAME}. {_THEN}"
        )

    def _where(self) -> str:
        return f"{self._target.name} at {self._target.base_url}"

    def _help(self, code: str) -> str:
        found = _HELP.get(code)
        if found is None:
            found = _SUITE if code.startswith("upstream_4") else _THEIRS
        return f"{found} ({self._keys})" if code == "upstream_401" else found


def _said(code: str, message: str) -> str:
    return f"{code}: {message or 'no message'}"
