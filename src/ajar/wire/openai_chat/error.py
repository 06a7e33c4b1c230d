"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ajar.errors import AjarError


def error_body(error: AjarError) -> bytes:
    """The JSON body for an error."""
    return msgspec.json.encode(
        {
            "error": {
                "message": error.message,
                "type": error.type,
                "param": error.param,
                "code": error.code,
            }
        }
    )


def error_event(error: AjarError) -> bytes:
    """The event that ends a broken stream. No `[DONE]` follows it."""
    return b"data: " + error_body(error) + b"\n\n"
