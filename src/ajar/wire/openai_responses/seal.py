"""Opaque values as `encrypted_content`.

Anthropic has two of them: the signature of a thought, and the `data` of a redacted one. Clients send back little but
`encrypted_content`, so that a redacted one must say there what it is.
"""

from __future__ import annotations

_REDACTED = "redacted_thinking:"


def seal(opaque: str, *, redacted: bool) -> str:
    """The value for a caller."""
    return _REDACTED + opaque if redacted else opaque


def unseal(value: str) -> tuple[str, bool]:
    """The opaque value in what a caller sent back, and whether it is a redacted thought."""
    if value.startswith(_REDACTED):
        return value[len(_REDACTED) :], True
    return value, False
