"""What the writers of a request's parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.wire.anthropic.words import Thing, word
from ajar.wire.json_fields import said
from ajar.wire.opaque import gather

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.wire.back import Back


class Scope:
    """The request's own format, the deployment, and the losses so far. `same`: the request came in this format."""

    __slots__ = ("_losses", "back", "cut", "origin", "same")

    def __init__(self, origin: Format, back: Back, losses: Losses) -> None:
        self.origin: Format = origin
        self.same = origin == "anthropic"
        self.back = back
        self._losses = losses
        self.cut: frozenset[str] = frozenset()
        """Calls of Anthropic's own tools that cannot go on: nothing may name them."""

    def may_go(self, value: Any) -> bool:
        """Whether every opaque value inside is the deployment's own."""
        found: dict[str, None] = {}
        gather(value, found)
        return all(map(self.back.keeps, found))

    def lose(self, thing: Thing) -> None:
        """A thing of the request cannot be said here."""
        self._losses.add(word(self.origin, thing))

    def lose_named(self, name: str) -> None:
        """The same, where the request's format has the name already."""
        self._losses.add(name)

    def node(self, rest: Rest, where: Thing | None) -> Rest:
        """A node to fill: the unknown fields where they can stay, else an empty one, and they are lost."""
        if self.same:
            return dict(rest)
        if rest:
            self._losses.add_rest("" if where is None else word(self.origin, where), said(rest))
        return {}
