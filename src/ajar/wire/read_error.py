"""What an upstream's error body says."""

from __future__ import annotations

from typing import NamedTuple


class ReadError(NamedTuple):
    """`message` is "" where the body says none that can be read. `retry_after` is in seconds."""

    message: str = ""
    type: str | None = None
    code: str | None = None
    retry_after: float | None = None
