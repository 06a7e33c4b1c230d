"""How one runtime process is started: its command and the first line that it reads."""

from __future__ import annotations

import msgspec


class Start(msgspec.Struct, frozen=True, tag_field="kind", tag="start"):
    """The settings of a runtime's child program, sent as the first line on its stdin.

    `model` is an absolute path. `context` counts tokens for each slot, `slots` the requests answered at once, `threads`
    the threads that compute. With `embedding` the server answers `/v1/embeddings` too.
    """

    model: str
    alias: str
    context: int
    slots: int
    threads: int
    embedding: bool = False


class Launch(msgspec.Struct, frozen=True):
    """Two equal launches are the same server: it need not be restarted for the other."""

    command: tuple[str, ...]
    settings: Start
