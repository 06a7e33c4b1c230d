"""What the official client makes of a stream."""

from __future__ import annotations

import json
from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

_event = TypeAdapter(RawMessageStreamEvent)


def message(events: list[dict[str, Any]], *, strict: bool = True) -> dict[str, Any]:
    """What the official client makes of the events. It is not `strict` itself; older streams lack newer fields."""
    snapshot, buffers = None, {}
    for each in events:
        event: Any = _event.validate_python(each) if strict else each
        snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    assert snapshot is not None
    return json.loads(snapshot.model_dump_json(exclude_none=True))
