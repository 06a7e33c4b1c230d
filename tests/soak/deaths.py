"""How processes of the service ended, in its supervisor's words: none may end that was not killed here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soak.events import Events

_DEATH = re.compile(
    r"^\S+Z (worker|runtime|steward)\b.* (was ended by|ended with|cannot be) (.+); it starts again", re.MULTILINE
)
_KILLED = "was ended by SIGKILL"


def unexplained(log: str, events: Events) -> Iterator[str]:
    """The deaths in a supervisor's log that are not among the kills."""
    ways: dict[str, list[str]] = {"worker": [], "runtime": [], "steward": []}
    for kind, *how in _DEATH.findall(log):
        ways[kind].append(" ".join(how))
    kills = {
        "worker": len(events.worker_kills),
        "runtime": len(events.runtime_kills),
        "steward": events.steward_kills,
    }
    for kind, killed in kills.items():
        yield from (f"a {kind} {how}, which nobody did" for how in ways[kind] if how != _KILLED)
        if (died := ways[kind].count(_KILLED)) > killed:
            yield f"{died} times a {kind} {_KILLED}, and {killed} were killed here"
