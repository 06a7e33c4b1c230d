"""The key that the service itself calls its gateway with."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Self

from ajar.config.snapshot import KeyEntry

_ID: Final = "steward"  # shorter than any that `ajar key` makes, so it is nobody else's


@dataclass(frozen=True)
class OwnKey:
    """Every right, for as long as this supervisor lives. Its text is the steward's alone, and on no disk."""

    entry: KeyEntry
    text: str = field(repr=False)

    @classmethod
    def make(cls) -> Self:
        """A new one."""
        secret = secrets.token_hex(32)
        digest = hashlib.sha256(secret.encode()).hexdigest()
        return cls(KeyEntry(_ID, digest, _ID, direct=True), f"ajar_{_ID}_{secret}")
