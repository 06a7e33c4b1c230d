"""The prompts of a promptfoo configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from ajar.errors import ConfigError
from ajar.evals.importers.imported import CannotCarry, Place
from ajar.evals.importers.promptfoo.template import names, render, render_all
from ajar.evals.suite.document import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.evals.importers.imported import Notes
    from ajar.evals.importers.promptfoo.files import Files

_PASSED_ON = "{{prompt}}"
_BETWEEN = re.compile(r"^---\s*$", re.MULTILINE)


class Prompt(NamedTuple):
    """Text, or messages, with variables in it."""

    label: str
    template: str | list[Any]

    def names(self) -> set[str]:
        """The variables in it."""
        return names(self.template if isinstance(self.template, str) else msgspec.json.encode(self.template).decode())

    def asked(self, variables: Mapping[str, Any], prefix: str, suffix: str) -> Any:
        """The input of a case. Raises CannotCarry."""
        if not isinstance(self.template, str):
            if prefix or suffix:
                raise CannotCarry("a `prefix` or `suffix` of messages is not carried")
            return render_all(self.template, variables)
        return render(prefix + self.template + suffix, variables)


def prompts(value: Any, place: Place, files: Files, notes: Notes) -> list[Prompt]:
    """All of them; without any, a variable `prompt` is the prompt."""
    if value is None:
        return [Prompt("prompt", _PASSED_ON)]
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    found: list[Prompt] = []
    for index, one in enumerate(listed):
        where = place.at(index) if isinstance(value, list) else place
        found += _prompt(one, where, files, notes)
    return [prompt._replace(label=prompt.label or f"prompt-{number}") for number, prompt in enumerate(found, 1)]


def _prompt(one: Any, where: Place, files: Files, notes: Notes) -> Iterator[Prompt]:
    label, source = "", one
    if isinstance(one, dict):
        known = cast("dict[str, Any]", one)
        label = str(known.get("label") or "")
        source = known.get("raw", known.get("id"))
        for key in known:
            if key not in ("label", "raw", "id", "display"):
                notes.lose(where.at(key), f"`{key}` of a prompt is not carried")
    if not isinstance(source, str):
        notes.lose(where, "a prompt that is no text is left out")
        return
    if not files.names_one(source, bare=True):
        yield Prompt(label, _messages(source))
        return
    held = files.get(source, where)
    if isinstance(held, Place):
        value: object = held.document.value
        if isinstance(value, list):
            yield Prompt(label, cast("list[Any]", value))
        else:
            notes.lose(where, "a prompt whose file holds no list of messages is left out")
    elif held is None and not notes.allow_code:  # refused: go on, to find all that is
        yield Prompt(label, "")
    elif held is not None:
        for part in _BETWEEN.split(held):
            yield Prompt(label, _messages(part.strip()))


def _messages(text: str) -> str | list[Any]:
    """The messages that a text is which holds a chat as JSON or YAML; otherwise the text."""
    if not re.match(r"\s*(?:\[|-\s+role:)", text):
        return text
    try:
        value = msgspec.json.decode(text) if text.lstrip()[0] == "[" else parse(text, "prompt").value
    except (msgspec.MsgspecError, ConfigError):
        return text
    chat = isinstance(value, list) and all(isinstance(one, dict) and "role" in one for one in cast("list[Any]", value))
    return cast("list[Any]", value) if chat else text
