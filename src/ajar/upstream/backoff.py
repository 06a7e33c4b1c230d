"""How long to wait before a refused request is sent again."""

from __future__ import annotations

MOST_TOLD_S = 30.0
"""An upstream that asks for a longer wait is not waited for: its caller is told instead."""

# The rule of OpenAI's and Anthropic's own clients (`_base_client.py`, 2026-11).
_FIRST_S = 0.5
_LONGEST_S = 8.0
_JITTER = 0.25


def pause(repeats: int, told: float | None, random: float) -> float:
    """Seconds to wait before the `repeats`-th repeat, the first being 1.

    They double from 0.5 s up to 8 s, less a part of up to a quarter that `random`, in [0, 1), draws, so that requests
    which were refused together do not come back together. At least `told` s, where the upstream asked for that.
    """
    step = min(_FIRST_S * 2.0 ** min(repeats - 1, 16), _LONGEST_S)
    return max(step * (1.0 - _JITTER * random), told or 0.0)
