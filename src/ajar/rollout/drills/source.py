"""Where a drill's questions come from, also when it goes on later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from ajar.errors import StateError
from ajar.evals.suite.load import load
from ajar.rollout.drills.question import OfSuite
from ajar.rollout.drills.recorded import Recorded, draw, fetch

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ajar.config.model import Config
    from ajar.evals.folder import Folder
    from ajar.rollout.drills.question import Questions

_FILE: Final = "questions.json"


class Drawn(msgspec.Struct, frozen=True):
    """The ids of the recorded requests that a drill asks, and how many others were left out, by reason."""

    ids: list[str]
    left_out: dict[str, int]


class Source(NamedTuple):
    """The questions; the suite's file, if they are a suite's; and what was drawn, if they are recorded."""

    questions: Questions
    path: str = ""
    drawn: Drawn | None = None

    def keep(self, folder: Folder) -> None:
        """Write down what a drill that goes on must know. Raises StateError."""
        if self.drawn is not None:
            folder.put(folder.path / _FILE, msgspec.json.encode(self.drawn))


def of_suite(path: Path, route: str, allow: Collection[str]) -> Source:
    """The cases of the suite in this file. Raises what `load` raises."""
    return Source(OfSuite(load(path, allow=allow), route), str(path.resolve()))


def of_traffic(state_dir: Path, config: Config, route: str, count: int, since: int, seed: int) -> Source:
    """Recorded requests of the route. Raises what `draw` raises."""
    found = draw(state_dir, config, route, count, since, seed)
    drawn = Drawn([request.id for request in found.requests], found.left_out)
    return Source(Recorded(config, route, found.requests), drawn=drawn)


def once_more(state_dir: Path, config: Config, route: str, folder: Folder) -> Source:
    """The recorded requests that the drill in this folder was begun with. Raises StateError."""
    try:
        drawn = msgspec.json.decode((folder.path / _FILE).read_bytes(), type=Drawn)
    except (OSError, msgspec.DecodeError):
        raise StateError(f"{folder.path} holds no drill on recorded requests that could go on") from None
    return Source(Recorded(config, route, fetch(state_dir, drawn.ids).requests), drawn=drawn)
