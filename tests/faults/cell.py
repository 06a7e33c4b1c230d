"""A cell of the matrix: one fault, asked for in one way, behind one kind of route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.table import Failure, Fault

Column = Literal["alone", "fallback", "other fallback", "other"]
"""alone: no fallback; fallback: a healthy one of the caller's format; other fallback: a healthy one of another format;
other: no fallback, and the faulty deployment itself is of another format."""

FRONTS = ("openai-chat", "openai-responses", "anthropic")
OTHER = {"openai-chat": "anthropic", "openai-responses": "openai-chat", "anthropic": "openai-responses"}
"""By format, another one that it is translated into."""

KEY = "SCRIPT_KEY"
"""The environment variable that holds the deployments' key."""

ATTEMPTS = 2
"""What a route may spend on one inference."""

_LONG = {"connect_s": 10, "first_byte_s": 20, "gap_s": 20, "total_s": 40}


@dataclass(frozen=True)
class Cell:
    """`own`: the faulty deployment is unmetered; otherwise it may bill for an answer that was lost."""

    fault: Fault
    front: str
    stream: bool
    column: Column
    own: bool

    def __str__(self) -> str:
        """In words."""
        asked = "streamed" if self.stream else "whole"
        return f"{self.fault.name}: {self.front}, {asked}, {self.column}, {'own' if self.own else 'metered'}"

    @property
    def route(self) -> str:
        """The name of its route."""
        words = f"{self.front}-{self.stream:d}-{self.column}-{self.own:d}"
        return words.replace(" ", "-")

    @property
    def back(self) -> str:
        """The faulty deployment's format."""
        return self.fault.back or (OTHER[self.front] if self.column == "other" else self.front)

    @property
    def fallback(self) -> str | None:
        """The fallback's format, if there is one."""
        return {"fallback": self.front, "other fallback": OTHER[self.front]}.get(self.column)

    @property
    def failure(self) -> Failure:
        """What the fault is to this request."""
        found = self.fault.failure(stream=self.stream)
        assert found is not None
        return found

    def deployments(self, faulty: str, healthy: str | None) -> dict[str, Any]:
        """Both, by name, with these addresses."""
        found = {f"{self.route}-a": deployment(self.back, faulty, own=self.own, limits={**_LONG, **self.fault.limits})}
        if self.fallback is not None and healthy is not None:
            found[f"{self.route}-b"] = deployment(self.fallback, healthy, own=False, limits=_LONG)
        return found

    def plan(self) -> dict[str, Any]:
        """The route."""
        fallback = [] if self.fallback is None else [f"{self.route}-b"]
        budget = {"attempts": ATTEMPTS, "seconds": 10}
        return {"primary": f"{self.route}-a", "fallback": fallback, "budget": budget}


def cells(fault: Fault) -> Iterator[Cell]:
    """Those of a fault."""
    columns: tuple[Column, ...] = ("alone", "fallback", "other fallback", "other")
    if fault.brief:
        columns = ("alone", "other")
    if fault.back is not None:
        columns = columns[:-1]
    kinds = (False,) if fault.brief or fault.back is not None else (False, True)
    for front in FRONTS:
        for stream in (False, True):
            if fault.failure(stream=stream) is not None:
                yield from (Cell(fault, front, stream, column, own) for column in columns for own in kinds)


def deployment(speech: str, url: str, *, own: bool, limits: dict[str, float]) -> dict[str, Any]:
    """A deployment that is asked in this format only. `own`: it is unmetered."""
    common = {"format": speech, "model": "script-1", "timeouts": limits}
    if own:
        return {"runtime": "vllm", "base_url": f"{url}/v1", **common}
    provider = {"anthropic": "anthropic", "gemini": "gemini"}.get(speech, "openai")
    prefix = {"openai-chat": "/v1", "openai-responses": "/v1", "gemini": "/v1beta"}.get(speech, "")
    return {"provider": provider, "base_url": url + prefix, "api_key": f"env:{KEY}", **common}
