"""The JSON that an answer's text is."""

from __future__ import annotations

import json
from typing import NoReturn

_FENCE = "```"


class NotJson(ValueError):
    """The text is no JSON; the message says where, in words that can follow `not JSON: `."""


def parse(text: str, *, fence: bool = False) -> object:
    """The value of a text that is JSON by RFC 8259: no `NaN`, no comments, nothing before or after it.

    With `fence`, the text may stand in one Markdown fence. Of members with the same name the last one counts. Raises
    NotJson.
    """
    body = _unfenced(text) if fence else text
    try:
        return _decoded(body)
    except json.JSONDecodeError as error:
        if not body.strip():
            raise NotJson("the text is empty") from None
        raise NotJson(f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None


def _decoded(text: str) -> object:
    try:
        return _STRICT.decode(text)
    except (json.JSONDecodeError, NotJson):
        raise
    except ValueError:  # a whole number of more digits than Python converts
        return _ROUNDING.decode(text)


def _refused(word: str) -> NoReturn:
    raise NotJson(f"`{word}` is no JSON number")


_STRICT = json.JSONDecoder(parse_constant=_refused)
_ROUNDING = json.JSONDecoder(parse_constant=_refused, parse_int=float)


def _unfenced(text: str) -> str:
    """What stands in the fence, where the whole text is one."""
    stripped = text.strip()
    if len(stripped) < 2 * len(_FENCE) or not (stripped.startswith(_FENCE) and stripped.endswith(_FENCE)):
        return text
    first, _, rest = stripped[len(_FENCE) : -len(_FENCE)].partition("\n")
    return rest if first.strip().lower() in ("", "json") else text
