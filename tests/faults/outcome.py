"""What became of a cell, and how it differs from what is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faults.caller import PROMPT
from faults.expected import expected, longest_s
from faults.speech import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.caller import Heard
    from faults.cell import Cell
    from faults.expected import Expectation
    from faults.saw import Saw
    from faults.upstream import Seen

LEAVE_S = 0.25
"""How soon an upstream must see that nobody waits for its answer any more."""

_CLOCK_S = 0.01
"""How exactly event loops keep time."""


@dataclass
class Outcome:
    """All that can be seen from outside: by the caller, by both upstreams, and in the journal."""

    cell: Cell
    heard: Heard
    saw: Saw
    primary: list[Seen]
    fallback: list[Seen]
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def attempts(self) -> list[tuple[str, str | None]]:
        """The attempts of the record, with the last letter of the deployment's name: `a` is the faulty one."""
        return [(each["deployment"][-1], each.get("error")) for each in self.records[0].get("attempts", ())]

    def wrong(self) -> list[str]:
        """How it differs from what is right; empty where it does not."""
        rights = expected(self.cell)
        found = [list(self._differences(right)) for right in rights]
        return [] if not all(found) else min(found, key=len)

    def _differences(self, right: Expectation) -> Iterator[str]:
        yield from self._caller(right)
        yield from self._upstreams(right)
        if len(self.records) != 1:
            yield f"{len(self.records)} records"
        else:
            yield from self._record(right, self.records[0])

    def _caller(self, right: Expectation) -> Iterator[str]:
        saw, heard = self.saw, self.heard
        if saw.kind != right.saw or saw.status not in right.statuses:
            yield f"caller saw {saw.words}, not {right.saw} {_list(right.statuses)}"
        elif right.text is not None and saw.text != right.text:
            yield f"caller read {saw.text!r}, not {right.text!r}"
        elif saw.code is not None and not _fits(saw.code, right.codes):
            yield f"caller was told {saw.code}, not {_list(right.codes)}"
        if b"sk-secret" in heard.body and 401 not in right.statuses and "upstream_401" in right.codes:
            yield "caller was shown a key"
        if heard.seconds > longest_s(self.cell, right):
            yield f"caller waited {heard.seconds:.2f} s, not {longest_s(self.cell, right):.2f} s at most"
        if saw.kind == "error" and self.cell.failure.wait_s[0] and not heard.headers.get("retry-after"):
            yield "caller was not told when to come back"

    def _upstreams(self, right: Expectation) -> Iterator[str]:
        least, most = right.primary if right.reads else (0, 0)
        if not least <= len(self.primary) <= most:
            yield f"{len(self.primary)} requests to the faulty deployment, not {least} to {most}"
        if len(self.fallback) != right.fallback:
            yield f"{len(self.fallback)} requests to the fallback, not {right.fallback}"
        for seen in (*self.primary, *self.fallback):
            if seen.body.count(PROMPT.encode()) != 1 or WORDS[0].encode() in seen.body:
                yield f"the prompt was changed: {seen.body!r}"
        for before, after in zip(self.primary, self.primary[1:], strict=False):
            waited = after.at - before.at
            if waited < right.wait_s[0] - _CLOCK_S:
                yield f"asked again after {waited:.3f} s, not {right.wait_s[0]:.3f} s"
        for seen in self.primary if self.cell.fault.holds else ():
            if seen.left_at is None:
                yield "the faulty connection was left open"
            elif seen.left_at - self.heard.ended_at > LEAVE_S:
                yield f"the attempt outlived its caller by {seen.left_at - self.heard.ended_at:.2f} s"

    def _record(self, right: Expectation, record: dict[str, Any]) -> Iterator[str]:
        error = record.get("error")
        if record["status"] not in right.recorded or (error is None) == right.failed:
            yield f"recorded {record['status']} {error}, not {_list(right.recorded)}"
        elif error is not None and error not in right.codes:
            yield f"recorded {error}, not {_list(right.codes)}"
        told = record.get("usage") or {}
        usage = (told.get("input_tokens"), told.get("output_tokens")) if told else None
        if usage not in right.usage:
            yield f"billed {usage}, not {_list(right.usage)}"
        yield from self._attempts(right)

    def _attempts(self, right: Expectation) -> Iterator[str]:
        attempts = self.attempts
        failed = [error for name, error in attempts if name == "a" and error is not None]
        good = [name for name, error in attempts if error is None]
        deployment = "b" if right.fallback else "a"
        if right.failed:
            fits = right.primary[0] <= len(failed) <= right.primary[1] and not good
        else:
            fits = len(failed) == right.fallback and good == [deployment]
        if not fits or any(error not in right.codes for error in failed) or len(failed) + len(good) != len(attempts):
            yield f"attempts {attempts}"
        elif right.reads and sum(name == "a" for name, _ in attempts) != len(self.primary):
            yield f"attempts {attempts}, but {len(self.primary)} requests"
        headers = self.heard.headers
        if not right.failed and headers.get("x-ajar-deployment", " ")[-1] != deployment:
            yield f"x-ajar-deployment is {headers.get('x-ajar-deployment')}"
        if int(headers.get("x-ajar-attempts", 0)) != len(attempts):
            yield f"x-ajar-attempts is {headers.get('x-ajar-attempts')} of {len(attempts)}"


def _fits(code: str, codes: tuple[str, ...]) -> bool:
    """An upstream's own code may reach the caller; one that has none is told as `upstream_failed` in another format."""
    return code in codes or code == "upstream_failed" or not code.startswith("upstream_")


def _list(values: tuple[Any, ...]) -> str:
    return " or ".join(map(str, values))
