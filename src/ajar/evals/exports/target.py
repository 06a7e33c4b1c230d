"""A case's target as the texts that other formats have for it."""

from __future__ import annotations

import json
from typing import Any, cast


def texts(target: Any) -> list[str]:
    """Every right answer; none where the case has no target."""
    if target is None:
        return []
    if isinstance(target, list):
        return [_text(one) for one in cast("list[Any]", target)]
    return [_text(target)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
