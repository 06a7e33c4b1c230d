"""The check of a foreign tool's judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ajar.evals.importers.imported import Notes, Place

ROUTE = "judge"
"""The route that stands for the models that foreign files name: those are no routes of the user's."""


def rubric(text: object, model: str, where: Place | str, notes: Notes) -> dict[str, Any]:
    """A judgement by this text, made by a route that the user still has to name."""
    asked = f"`{model}`" if model else "the tool's own choice"
    notes.lose(
        where, f"the model that judges, {asked}, became the route `{ROUTE}`; give your config one, or name yours"
    )
    return {"scorer": "rubric", "rubric": str(text or ""), "route": ROUTE}
