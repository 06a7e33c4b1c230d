"""What the writers of a request's turns share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ajar.wire.gemini.model import ways_of
from ajar.wire.gemini.names import Thing, name_of
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.wire.back import Back

_base64 = re.compile(r"[A-Za-z0-9+/]+={0,2}|[A-Za-z0-9_-]+={0,2}").fullmatch


class Scope:
    """The request's own format, the deployment, its model's ways, and the losses so far.

    `own`: the request came in this format.
    """

    __slots__ = ("_keeps", "losses", "model", "origin", "own", "ways")

    def __init__(self, origin: Format, back: Back, losses: Losses) -> None:
        self.origin: Format = origin
        self.own = origin == "gemini"
        self.model = back.model
        self.ways = ways_of(back.model)
        self.losses = losses
        self._keeps = back.keeps

    def lose(self, thing: Thing) -> None:
        """A thing of the request cannot be said here."""
        self.losses.add(name_of(self.origin, thing))

    def kept(self, opaque: str | None, thing: Thing) -> str | None:
        """The opaque value where this deployment issued it; any other is lost.

        Where nobody knows who issued it, its spelling may: Gemini's are base64, and it refuses requests with others.
        """
        if opaque is None or (self._keeps(opaque) and (self.own or _base64(opaque))):
            return opaque
        self.lose(thing)
        return None

    def fill(self, node: Rest, rest: Rest, where: str) -> Rest:
        """The node with its unknown fields where they can stay, else without them, and they are lost."""
        if rest:
            if self.own:
                return node | {name: value for name, value in rest.items() if value is not None or name not in node}
            self.losses.add_rest(where, said(rest))
        return node
