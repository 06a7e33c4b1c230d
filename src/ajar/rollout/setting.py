"""What the steward knows of the service that it works beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.snapshot import Snapshot


@dataclass(frozen=True)
class Crash:
    """The process of a started deployment ended by itself at `time` (microseconds since 1970 UTC)."""

    deployment: str
    time: int


@dataclass
class Setting:
    """Told by the supervisor, and told anew whenever it changes. One thread writes it, any may read.

    `folder` is where the config's relative paths begin. The gateway listens at `base_url` (without `/v1`); `key` is the
    steward's own API key with every right, None where none is wanted.
    """

    state_dir: Path
    folder: Path
    base_url: str
    key: str | None
    snapshot: Snapshot
    crashes: list[Crash] = field(default_factory=list)
