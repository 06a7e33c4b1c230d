"""What a writer must know of the deployment that it writes for."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


def _nothing(value: str) -> bool:
    del value
    return False


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """The deployment's model and ways.

    `keeps(value)` says whether an opaque value was issued by this deployment's account; any other must not reach it.
    `quirks` are the words of `upstream/providers.toml`, each of them explained there.
    """

    model: str
    keeps: Callable[[str], bool] = _nothing
    quirks: frozenset[str] = frozenset()
    reasoning_field: str = "reasoning_content"
    """Where an OpenAI-compatible API has the model's thoughts."""
    max_tokens: int = 8192
    """The limit for a format that wants one, where the caller gives none."""
