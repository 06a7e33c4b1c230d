"""A line for people, made of what a model or a function said."""

from __future__ import annotations

_LONGEST = 300


def line(text: str, longest: int = _LONGEST) -> str:
    """The text in one line and not too long, with what UTF-8 cannot say (half surrogates) replaced."""
    flat = " ".join(text[: 4 * longest].split()).encode("utf-8", "replace").decode()
    return flat if len(flat) <= longest else f"{flat[: longest - 1]}…"
