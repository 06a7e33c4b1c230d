"""What a child says to its supervisor."""

from __future__ import annotations

from typing import Literal

import msgspec


class Said(msgspec.Struct, frozen=True):
    """One line of a child's stdout.

    `ready`: it serves (`base_url` where it is a runtime). `applied`: the last message took effect. `refused`: it did
    not, and `why` says why.
    """

    kind: Literal["ready", "applied", "refused"]
    base_url: str = ""
    why: str = ""


_decoder = msgspec.json.Decoder(Said)


def said(line: bytes) -> Said | None:
    """The line as a message; None where it is not one."""
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError:
        return None
