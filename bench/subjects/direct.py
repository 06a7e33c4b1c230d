"""The upstream itself, without a proxy: what a request takes at least."""

from __future__ import annotations

from typing import TYPE_CHECKING

from subject import Identity, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from program import Program


class Direct(Subject):
    """Callers that talk to the upstream directly."""

    name = "direct"
    title = "the upstream directly"
    version = ""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    @classmethod
    def missing(cls) -> str | None:
        return None

    def launch(self, room: Path, upstream: int) -> Program:
        raise NotImplementedError("the upstream runs already")

    def identities(self) -> list[Identity]:
        return [Identity("bench", {})]
