"""Made-up records, and real journals that hold them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ajar.domain.ids import uuid7
from ajar.domain.record import Attempt, InferenceRecord
from ajar.domain.usage import Usage
from ajar.traffic.journal import Journal
from ajar.traffic.segments import list_segments

if TYPE_CHECKING:
    from collections.abc import Iterable

RAW = b'{"prompt_tokens": 12,  "completion_tokens":3.0, "unknown":{"x":[1e400,"\\u00e9\xc3\xa9"]}}'


def record(**fields: Any) -> InferenceRecord:
    """A record of a live answer now; `fields` say what is different about it."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "time": time.time_ns() // 1000,
        "operation": "chat",
        "route": "support-triage",
        "config": "0123456789abcdef",
        "caller": "shop",
        "purpose": "live",
        "status": 200,
        "stream": True,
        "total_ms": 812.5,
        "ttfb_ms": 311.25,
        "deployment": "triage-v1",
        "upstream_model": "ajar-triage-v1",
        "finish_reason": "stop",
        "usage": Usage(input_tokens=12, output_tokens=3),
        "usage_raw": RAW.decode(),
        "attempts": (
            Attempt("gpt", 0.5, status=503, error="upstream_failed", total_ms=20.0),
            Attempt("triage-v1", 21.5, 280.0, 790.0, 200),
        ),
        "dropped": ("seed", "messages.name"),
    }
    return InferenceRecord(**values | fields)


def write(state: Path, records: Iterable[InferenceRecord], worker: int = 0) -> None:
    """Append records to a segment of a worker, which then ends well."""
    journal = Journal(state / "journal", worker)
    for one in records:
        journal.append(one)
    journal.close()


def seal_all(state: Path, warnings: list[str] | None = None) -> int:
    """Seal what can be sealed; how many segments that were."""
    from ajar.traffic.parquet import seal  # not at the top: children that only write import this file too

    warn = _unexpected if warnings is None else warnings.append
    return sum(seal(segment, state / "traffic", warn=warn) for segment in list_segments(state / "journal"))


def ids(state: Path, warnings: list[str] | None = None) -> list[str]:
    """The id of every record that a query sees, with repetitions, oldest first."""
    from ajar.traffic.filters import Filters
    from ajar.traffic.query import open_traffic

    with open_traffic(state, warn=_unexpected if warnings is None else warnings.append) as traffic:
        return [row[0] for row in traffic.query("SELECT id FROM traffic ORDER BY time, id", Filters()).fetchall()]


def _unexpected(message: str) -> None:
    raise AssertionError(f"unexpected warning: {message}")


def environment() -> dict[str, str]:
    """For a child process that imports what the tests import."""
    import ajar

    source, tests = Path(ajar.__file__).parents[1], Path(__file__).parents[1]
    return os.environ | {"PYTHONPATH": f"{source}{os.pathsep}{tests}"}
