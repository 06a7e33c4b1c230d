"""Samples of OpenAI evals: JSONL rows of `input` and `ideal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.evals.importers.draft import Draft
from ajar.evals.importers.imported import Notes
from ajar.evals.importers.rows import rows

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.importers.imported import Imported

_HOW = (
    "samples do not say how they are scored, their eval's class does; `exact` is used here. For `Includes` make it "
    "`contains`, for a model-graded eval `rubric`"
)


def read(path: Path, *, allow_code: bool = False) -> Imported:
    """Rows `{"input": text or messages, "ideal": text or list of texts}`."""
    notes = Notes(allow_code=allow_code)
    draft = Draft(path, notes)
    notes.lose(str(path), _HOW)
    for where, row in rows(path):
        for key in row:
            if key not in ("input", "ideal"):
                notes.lose(where, f"`{key}` is not carried")
        case: dict[str, Any] = {"input": row.get("input"), "target": _target(row.get("ideal"))}
        if case["target"] is not None:
            case["checks"] = {"right": "exact"}
        draft.add(case, where)
    return draft.imported({})


def _target(ideal: object) -> str | list[str] | None:
    if isinstance(ideal, list):
        texts = [str(item) for item in cast("list[object]", ideal)]
        return texts[0] if len(texts) == 1 else texts
    return None if ideal is None else str(ideal)
