"""What the supervisor has to say to the operator: one short line on stderr for each event."""

from __future__ import annotations

import sys
from datetime import UTC, datetime


def log(text: str) -> None:
    """Write `text`, a finished sentence without secrets, after the time in UTC."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sys.stderr.write(f"{now} {text}\n")
    sys.stderr.flush()
