"""The part of promptfoo's templates (Nunjucks) that is carried: variables, and nothing that computes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.config.problem import shortened
from ajar.evals.importers.imported import CannotCarry

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOLE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z_]\w*(?:\.\w+|\[(?:\d+|'[^']*'|\"[^\"]*\")\])*)\s*")
_STEP = re.compile(r"\w+|'[^']*'|\"[^\"]*\"")
_ROUNDS = 5


def render(template: str, variables: Mapping[str, Any]) -> str:
    """The text with its variables filled in, and theirs; one without a value is empty text, as in promptfoo.

    Raises CannotCarry for what only a template engine can do.
    """
    text = template
    for _ in range(_ROUNDS):
        if "{%" in text or "{#" in text:
            raise CannotCarry("a template with `{% … %}` or `{# … #}` is not carried")
        if "{{" not in text:
            return text
        filled = _HOLE.sub(lambda hole: _value(hole[1], variables), text)
        if filled == text:
            return text
        text = filled
    raise CannotCarry("variables that hold variables without end are not carried")


def render_all(value: Any, variables: Mapping[str, Any]) -> Any:
    """The same for every text within a value."""
    if isinstance(value, str):
        return render(value, variables)
    if isinstance(value, list):
        return [render_all(item, variables) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: render_all(item, variables) for key, item in cast("dict[str, Any]", value).items()}
    return value


def names(template: str) -> set[str]:
    """The variables that the text holds."""
    found = (_NAME.fullmatch(hole) for hole in _HOLE.findall(template))
    return {_STEP.findall(name[1])[0] for name in found if name}


def text_of(value: Any) -> str:
    """A value as promptfoo writes it into a text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return msgspec.json.encode(value).decode()


def _value(hole: str, variables: Mapping[str, Any]) -> str:
    name = _NAME.fullmatch(hole)
    if name is None:
        raise CannotCarry(f"the template `{{{{{shortened(hole)}}}}}` computes something and is not carried")
    first, *steps = _STEP.findall(name[1])
    if first == "env":
        raise CannotCarry("a template with a variable of the environment is not carried")
    value: Any = variables.get(first)
    for step in steps:
        key = step.strip("'\"")
        if isinstance(value, dict):
            value = cast("dict[str, Any]", value).get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(key)]
        else:
            value = None
    return text_of(value)
