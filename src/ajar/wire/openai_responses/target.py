"""What the writers of a request must know everywhere: for whom they write, from which format, and what gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.wire.json_fields import said
from ajar.wire.opaque import gather
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.words import word
from ajar.wire.openai_responses.written import fields_of

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Foreign, Format, Rest
    from ajar.wire.back import Back


class Target:
    """A deployment that speaks Responses. `own` says that the request came in as a Responses request."""

    __slots__ = ("back", "losses", "own", "source")

    def __init__(self, source: Format, back: Back, losses: Losses) -> None:
        self.source: Format = source
        self.own = source == FORMAT
        self.back = back
        self.losses = losses

    def lose(self, thing: str) -> None:
        """Name a loss in the words of the request's format."""
        self.losses.add(word(self.source, thing))

    def rest(self, where: str, rest: Rest) -> Rest:
        """The unknown fields to put back; those of another format are lost."""
        if self.own:
            return fields_of(rest)
        if rest:
            self.losses.add_rest(where, said(rest))
        return {}

    def foreign(self, part: Foreign) -> bool:
        """Whether a block that only one format knows can be put back; where not, its loss is named."""
        if part.format == FORMAT:
            return True
        self.losses.add(part.kind)
        return False

    def may_go(self, item: Any) -> bool:
        """Whether all that only its issuer understands in an item, such as a compaction, may go to the deployment."""
        found: dict[str, None] = {}
        gather([item], found)
        return all(map(self.back.keeps, found))

    def keeps(self, value: str | None, thing: str = "opaque") -> bool:
        """Whether an opaque value may go to the deployment; where not, its loss is named."""
        if value is None:
            return True
        if self.back.keeps(value):
            return True
        self.lose(thing)
        return False
