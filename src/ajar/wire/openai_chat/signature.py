"""Gemini's thought signatures, where Google's own Chat Completions endpoint puts them.

`extra_content.google.thought_signature`, on a tool call or on the message
(https://ai.google.dev/gemini-api/docs/openai, 2026-11).
"""

from __future__ import annotations

from typing import Any, cast

_FIELD = "extra_content"


def take_signature(holder: dict[str, Any]) -> str | None:
    """Take the signature out of a message or call; what else stands beside it stays."""
    extra = holder.get(_FIELD)
    if type(extra) is not dict:
        return None
    extra = cast("dict[str, Any]", extra)
    google = extra.get("google")
    if type(google) is not dict:
        return None
    google = cast("dict[str, Any]", google)
    signature = google.get("thought_signature")
    if type(signature) is not str:
        return None
    del google["thought_signature"]
    if not google:
        del extra["google"]
    if not extra:
        del holder[_FIELD]
    return signature


def put_signature(holder: dict[str, Any], signature: str) -> None:
    """Put a signature where `take_signature` finds it; what stands there is copied, not changed."""
    extra: dict[str, Any] = {**holder.get(_FIELD, {})}
    extra["google"] = {**extra.get("google", {}), "thought_signature": signature}
    holder[_FIELD] = extra
