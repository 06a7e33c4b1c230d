"""Citations: Chat Completions nests what Responses has flat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

_NUMBERS = ("start_index", "end_index")


def flat_annotations(annotations: list[Any], source: Format) -> list[Any] | None:
    """The annotations as Responses has them; None where this cannot be done with all of them."""
    if source == "openai-responses":
        return annotations
    if source != "openai-chat":
        return None
    flat: list[Any] = []
    for each in annotations:
        one = _flat(each)
        if one is None:
            return None
        flat.append(one)
    return flat


def _flat(annotation: Any) -> dict[str, Any] | None:
    if type(annotation) is not dict:
        return None
    annotation = cast("dict[str, Any]", annotation)
    inner = annotation.get("url_citation")
    if annotation.get("type") != "url_citation" or type(inner) is not dict:
        return None
    inner = cast("dict[str, Any]", inner)
    if type(inner.get("url")) is not str or any(type(inner.get(name)) is not int for name in _NUMBERS):
        return None
    return {"type": "url_citation", "title": "", **inner}
