"""How a Responses node was written, beside the unknown fields that other formats would lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.domain.dialog.parts import Rest

BOOKKEEPING = frozenset({"type", "id", "status"})
"""What an item says of itself that no model is told."""


class Written(dict[str, Any]):
    """A node's `rest` as the readers of this format make it.

    As a dictionary it is what another format loses. `fields` is what this format's writer puts back: that, and what
    means nothing elsewhere. `form` says which of several spellings the caller chose. `item` is, on the parts of one
    message of the model's, that message.
    """

    __slots__ = ("fields", "form", "item")

    def __init__(
        self,
        fields: Rest,
        form: str = "",
        item: Written | None = None,
        silent: Iterable[str] = BOOKKEEPING,
    ) -> None:
        super().__init__()
        self.fields = fields
        self.form = form
        self.item = item
        for name, value in fields.items():
            if value is not None and name not in silent:
                self[name] = value


def fields_of(rest: Rest) -> Rest:
    """What this format's writer puts back of a node that came in this format."""
    return rest.fields if type(rest) is Written else rest


def form_of(rest: Rest) -> str:
    """The spelling that the caller chose; "" for the usual one."""
    return rest.form if type(rest) is Written else ""


def item_of(rest: Rest) -> Written | None:
    """The message that a part belongs to, where that is known."""
    return rest.item if type(rest) is Written else None
