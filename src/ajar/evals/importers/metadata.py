"""What a foreign file says about its cases, as tags."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

from ajar.evals.importers.names import line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ajar.evals.importers.imported import Notes

MOST = 20
"""Values of one key; with more of them, a report by tags says nothing."""


def tags(metadata: Sequence[tuple[str, Mapping[str, Any]]], notes: Notes) -> list[list[str]]:
    """The tags of each case, `key: value`; a key `tags` gives its own. With each metadata comes where it stands."""
    values: dict[str, set[str]] = defaultdict(set)
    for where, known in metadata:
        for key, value in known.items():
            found = _values(value)
            if found is None:
                notes.lose(where, f"metadata `{line(key)}` is neither text nor a list of texts, and so no tag")
            else:
                values[key].update(found)
    for key, found in values.items():
        if len(found) > MOST:
            where = next(where for where, known in metadata if key in known)
            notes.lose(where, f"metadata `{line(key)}` has {len(found)} values, too many for tags")
    return [
        [
            tag
            for key, value in known.items()
            if len(values[key]) <= MOST
            for tag in (line(one if key == "tags" else f"{key}: {one}") for one in _values(value) or ())
        ]
        for _, known in metadata
    ]


def _values(value: object) -> list[str] | None:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, str | int):
        return [str(value)] if str(value).strip() else []
    if value is None:
        return []
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    found = [_values(item) if isinstance(item, str | int) else None for item in items]
    return None if None in found else [one for each in found for one in each or ()]
