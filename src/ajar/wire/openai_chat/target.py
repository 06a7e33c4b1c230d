"""What each writer of a request's pieces must know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ajar.wire.json_fields import said
from ajar.wire.openai_chat.names import name_in

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Rest
    from ajar.wire.back import Back


class Target(NamedTuple):
    """The deployment, and the format that the request came in. `own`: it is this one, so unknown fields go on."""

    back: Back
    came_in: Format
    losses: Losses
    own: bool

    def has(self, quirk: str) -> bool:
        """Whether the deployment has this way."""
        return quirk in self.back.quirks

    def lose(self, name: str) -> None:
        """What this format calls `name` is not written."""
        self.losses.add(name_in(self.came_in, name))

    def carry(self, out: Rest, rest: Rest, where: str) -> None:
        """Put unknown fields back, or name them as lost."""
        if rest:
            if self.own:
                out.update(rest)
            else:
                self.losses.add_rest(name_in(self.came_in, where), said(rest))
