"""Chat Completions messages as Inspect writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ROLES = {"developer": "system", "function": "tool"}


def message(given: Mapping[str, Any]) -> dict[str, Any]:
    """One message of an input."""
    role = str(given.get("role", "user"))
    role = _ROLES.get(role, role if role in {"system", "user", "assistant", "tool"} else "user")
    written: dict[str, Any] = {"content": _content(given.get("content")), "source": "input", "role": role}
    calls = given.get("tool_calls")
    if role == "assistant" and isinstance(calls, list):
        written["tool_calls"] = [_asked(asked) for asked in cast("Sequence[Any]", calls)]
    if role == "tool":
        written["tool_call_id"] = given.get("tool_call_id")
        written["function"] = given.get("name")
    return written


def call(identifier: str, name: str, arguments: str) -> dict[str, Any]:
    """A call of a tool. Arguments that are no JSON object are kept as text, and the fault is told."""
    written = {"id": identifier, "function": name, "type": "function"}
    try:
        return {
            **written,
            "arguments": msgspec.json.decode(arguments, type=dict[str, Any]) if arguments.strip() else {},
        }
    except msgspec.DecodeError as error:
        return {**written, "arguments": {"arguments": arguments}, "parse_error": str(error)}


def plain(given: Iterable[Mapping[str, Any]]) -> str:
    """Messages as one text, each under its role where there is more than one."""
    told = [(str(turn.get("role", "user")), _text(turn.get("content"))) for turn in given]
    return told[0][1] if len(told) == 1 else "\n\n".join(f"{role}: {text}" for role, text in told)


def _asked(given: Any) -> dict[str, Any]:
    asked = _mapping(given)
    function = _mapping(asked.get("function"))
    return call(str(asked.get("id", "")), str(function.get("name", "")), str(function.get("arguments", "")))


def _mapping(given: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one: a suite may hold anything."""
    return cast("Mapping[str, Any]", given) if isinstance(given, dict) else {}


def _content(given: Any) -> str | list[dict[str, Any]]:
    if not isinstance(given, list):
        return _text(given)
    return [_part(part) for part in cast("Sequence[Any]", given)]


def _part(part: Any) -> dict[str, Any]:
    known = _mapping(part)
    if known.get("type") == "text":
        return {"type": "text", "text": str(known.get("text", ""))}
    image = known.get("image_url")
    url = _mapping(image).get("url", image)
    return {"type": "image", "image": url} if isinstance(url, str) else {"type": "text", "text": _text(part)}


def _text(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, list):
        parts = cast("Sequence[Any]", given)
        return "\n".join(_text(_mapping(part).get("text", part)) for part in parts)
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
