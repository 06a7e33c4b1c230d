"""Texts that others wrote, made safe to be shown."""

from __future__ import annotations

_PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"} | {0x7F: 0x2421}


def visible(text: str) -> str:
    """Control characters become pictures of themselves: nothing acts on them, and a person sees them.

    Half characters (lone surrogates), which no file can hold, become question marks.
    """
    return text.translate(_PICTURES).encode("utf-8", "replace").decode("utf-8")
