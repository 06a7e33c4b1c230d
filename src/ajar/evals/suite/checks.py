"""The scorers of checks: what is said in the same words is built once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.evals.scorers.registry import build

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.form import Check

_MOST = 2048
_encode = msgspec.json.Encoder(order="sorted").encode


class Checks:
    """Builds scorers. `allow` are the modules that a `python` scorer may call, `folder` is where the suite lies."""

    def __init__(self, allow: Collection[str], folder: Path | None = None) -> None:
        self._allow = frozenset(allow)
        self._folder = folder
        self._built: dict[bytes, Scorer] = {}

    def scorer(self, check: Check) -> Scorer:
        """The scorer of one check. Raises ConfigError."""
        key = _encode(spelt_out(check))
        scorer = self._built.get(key)
        if scorer is None:
            if len(self._built) >= _MOST:  # checks that differ from case to case must not pile up
                self._built.clear()
            scorer = self._built[key] = build(check, allow=self._allow, folder=self._folder)
        return scorer

    def scorers(self, checks: Mapping[str, Check]) -> dict[str, Scorer]:
        """The scorers of checks by name. Raises ConfigError at the first that cannot be built."""
        return {name: self.scorer(check) for name, check in checks.items()}


def spelt_out(check: Check) -> dict[str, Any]:
    """The check as a mapping, where it is only a scorer's name."""
    return {"scorer": check} if isinstance(check, str) else check
