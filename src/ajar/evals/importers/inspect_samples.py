"""Samples of Inspect: JSONL rows of `input`, `target`, `choices`, `id` and `metadata`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.evals.importers.draft import Draft
from ajar.evals.importers.imported import CannotCarry, Notes
from ajar.evals.importers.rows import rows

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.importers.imported import Imported

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CARRIED = {"input", "target", "choices", "id", "metadata"}
_HOW = (
    "samples do not say how they are scored, their task does; `contains` (Inspect's `includes`) is used here. For "
    "`exact` or `match` make it `exact`, for `model_graded_qa` `rubric`"
)
_ASKED = (
    "samples do not say how choices are put to the model, their task's solver does; they are put below the question "
    "here, with the request to answer `ANSWER: LETTER`"
)


def read(path: Path, *, allow_code: bool = False) -> Imported:
    """Rows as `json_dataset` reads them without a `FieldSpec`."""
    notes = Notes(allow_code=allow_code)
    draft = Draft(path, notes)
    for where, row in rows(path):
        for key in row:
            if key == "setup":
                notes.code(where, "`setup`")
            elif key not in _CARRIED and row[key]:
                notes.lose(where, f"`{key}` is not carried")
        known = row.get("metadata")
        try:
            case = _case(row)
        except CannotCarry as error:
            notes.lose(where, str(error))
            continue
        notes.lose(str(path), _ASKED if row.get("choices") else _HOW)
        draft.add(case, where, cast("dict[str, Any]", known) if isinstance(known, dict) else None)
    return draft.imported({})


def _case(row: dict[str, Any]) -> dict[str, Any]:
    asked = _input(row.get("input"))
    target = row.get("target")
    if isinstance(target, list) and len(cast("list[object]", target)) == 1:
        target = cast("list[object]", target)[0]
    case: dict[str, Any] = {"id": row.get("id"), "input": asked, "target": target}
    choices = row.get("choices")
    if choices:
        if not isinstance(target, str) or not isinstance(choices, list) or len(cast("list[object]", choices)) > 26:
            raise CannotCarry("a row of `choices` with several right ones, or more than 26, is left out")
        texts = [str(choice) for choice in cast("list[object]", choices)]
        case |= {"input": _put(asked, texts), "target": {"answer": target, "choices": texts}}
        case["checks"] = {"right": "choice"}
    elif target not in (None, "", []):
        case["checks"] = {"right": {"scorer": "contains", "ignore_case": True}}
    return case


def _put(asked: Any, choices: list[str]) -> Any:
    """The question with its choices below."""
    lettered = "\n".join(f"{letter}) {choice}" for letter, choice in zip(_LETTERS, choices, strict=False))
    below = f"\n\n{lettered}\n\nEnd with a line `ANSWER: LETTER` that gives the letter of the right choice."
    if isinstance(asked, str):
        return asked + below
    match asked:
        case [*before, {"role": "user", "content": str(content), **rest}]:
            return [*before, {**rest, "role": "user", "content": content + below}]
        case _:
            raise CannotCarry("a row of `choices` whose last message is no text of the user's is left out")


def _input(asked: Any) -> Any:
    if isinstance(asked, list):
        return [_message(one) for one in cast("list[Any]", asked)]
    return str(asked) if isinstance(asked, int | float) and not isinstance(asked, bool) else asked


def _message(message: Any) -> Any:
    """A `ChatMessage` of Inspect's as one of Chat Completions."""
    if not isinstance(message, dict):
        return message
    known = cast("dict[str, Any]", message)
    made: dict[str, Any] = {"role": known.get("role"), "content": _content(known.get("content"))}
    calls = known.get("tool_calls")
    if isinstance(calls, list) and calls:
        made["tool_calls"] = [_call(call) for call in cast("list[Any]", calls)]
    if known.get("tool_call_id"):
        made["tool_call_id"] = known["tool_call_id"]
    return made


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [_part(part) for part in cast("list[Any]", content)]


def _part(part: Any) -> Any:
    match part:
        case {"type": "text", "text": str(text)}:
            return {"type": "text", "text": text}
        case {"type": "image", "image": str(url)} if url.startswith(("data:", "https://", "http://")):
            return {"type": "image_url", "image_url": {"url": url}}
        case {"type": str(kind)}:
            raise CannotCarry(
                f"a row with content of the type `{kind}` from a file, or that Ajar does not ask, is left out"
            )
        case _:
            return part


def _call(call: Any) -> Any:
    match call:
        case {"id": name, "function": str(function), "arguments": arguments}:
            written = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
            return {"id": name, "type": "function", "function": {"name": function, "arguments": written}}
        case _:
            return call
