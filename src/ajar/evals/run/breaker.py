"""When to stop asking a target: it goes on failing in one way, and another request would only cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.evals.run.pace import LONGEST_WAIT_S

if TYPE_CHECKING:
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.target import Target

_FEW = 3

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


class Breaker:
    """Counts the errors of one target that come in a row with the same code."""

    def __init__(self, target: Target, most: int) -> None:
        """`most`: so many, and the run ends; 0 for never. A refused key or an unknown model ends it at once."""
        self._target = target
        self.most = most
        self._code = ""
        self._count = 0

    def answered(self) -> None:
        """It can answer."""
        self._count = 0

    def failed(self, miss: Miss) -> str | None:
        """An error that stays. Returns why the run must end, with what helps and who can do it; None where it need not.

        A refused key or an unknown model is nothing that a case can bring about; 403 and 404 may be, once, where a
        filter beside the model or a router says so. A target that asks for a long wait is believed at once.
        """
        code, message = miss.failure.code, miss.failure.message
        self._count = self._count + 1 if code == self._code else 1
        self._code = code
        if miss.load == "overload" and miss.told is not None and miss.told > LONGEST_WAIT_S:
            return f"{self._where()} asks to wait for {miss.told:.0f} s ({code}: {message}): resume the run then"
        at_once = code == "upstream_401" or miss.unknown_model
        most = 1 if at_once else _FEW if code in ("upstream_403", "upstream_404") else self.most
        if not (at_once or self.most) or self._count < most:
            return None
        times = "" if at_once else f", {self._count} times in a row"
        return f"{self._where()} failed{times} ({code}: {message or 'no message'}): {self._help(code)}"

    def _where(self) -> str:
        return f"{self._target.name} at {self._target.base_url}"

    def _help(self, code: str) -> str:
        found = _HELP.get(code)
        if found is None:
            found = _SUITE if code.startswith("upstream_4") else _THEIRS
        return f"{found}. Then resume the run: what is done is kept"
