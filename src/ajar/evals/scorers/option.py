"""What is wrong with the options of a scorer, in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, cast, get_args, get_origin

import msgspec
from msgspec import inspect

from ajar.config.problem import hint, nearest, quoted, shortened

_WORDS = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "array": "a list",
    "object": "a mapping",
}
_EXPECTED = re.compile(r"Expected `([^`]*)`(.*?)(?:, got `(\w+)`)?(?: - at `\$(.*)`)?", re.DOTALL)
_LENGTHS = (" of length >= ", " of length <= ")


def faults(kind: type[msgspec.Struct], options: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Every way in which `options` are not those of this struct, each a sentence that names the option."""
    fields = _fields(kind)
    unknown = sorted(options.keys() - fields.keys())
    for option in unknown:
        yield f"unknown option `{within}{option}`; {hint(option, fields, 'its options')}"
    meant = {nearest(option, fields) for option in unknown}
    for option, field in fields.items():
        if option in options:
            yield from _value_faults(within + option, field.type, options[option])
        elif field.required and option not in meant:
            said = _described(field.type)
            yield f"`{within}{option}` is missing" + (f": {said[0].lower()}{said[1:]}" if said else "")


@cache
def _fields(kind: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def _value_faults(name: str, kind: Any, value: object) -> Iterator[str]:
    inner = _struct_of_members(kind)
    if inner is not None and isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            if isinstance(item, Mapping):
                yield from faults(inner, cast("Mapping[str, Any]", item), f"{name}.{key}.")
            else:
                yield f"`{name}.{key}` must be a mapping, not {_shown(item)}"
        return
    if not _finite(value):
        yield f"`{name}` must be finite"
        return
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        yield _in_words(name, kind, value, str(error))


def _struct_of_members(kind: Any) -> type[msgspec.Struct] | None:
    """The struct of which an option holds several, by name."""
    plain = get_args(kind)[0] if hasattr(kind, "__metadata__") else kind
    arguments = get_args(plain)
    struct: object = arguments[1] if get_origin(plain) is dict else None
    return struct if isinstance(struct, type) and issubclass(struct, msgspec.Struct) else None


def _described(kind: Any) -> str:
    """What the option is, as its annotation says it; empty where it says nothing."""
    said = [meta.description for meta in getattr(kind, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    return (said[0] or "").rstrip(".") if said else ""


def _in_words(name: str, kind: Any, value: object, error: str) -> str:
    """msgspec's own words for a fault, in those of one who writes a suite."""
    matched = _EXPECTED.fullmatch(error)
    if matched is None:
        return f"`{name}` {_not_a_choice(kind, value) or error}"
    expected, bound, got, place = matched.groups()
    where = f"`{name}{place or ''}`"
    if "matching regex" in bound:
        return f"{where} has not the form that it needs: {_described(kind)}"
    kinds = [_WORDS.get(word, word) for word in expected.split(" | ") if word != "null"]
    if bound == f"{_LENGTHS[0]}1":
        return f"{where} must not be empty"
    if any(length in bound for length in _LENGTHS):
        return f"{where} must have {_most_or_least(bound)} {'characters' if expected == 'str' else 'items'}"
    shown = _WORDS.get(got, got) if place and got else None if place else _shown(value)
    text = f"{where} must be {' or '.join(kinds)}{_range(bound)}" + (f", not {shown}" if shown else "")
    return f"{text}; write it in quotes" if "text" in kinds and isinstance(value, bool | int | float) else text


def _range(bound: str) -> str:
    return bound.replace(" >= ", " of at least ").replace(" <= ", " of at most ").replace(" > ", " above ")


def _most_or_least(bound: str) -> str:
    return bound.replace(_LENGTHS[0], "at least ").replace(_LENGTHS[1], "at most ")


def _not_a_choice(kind: Any, value: object) -> str | None:
    """The fault of a word that is none of an option's words."""
    known = inspect.type_info(kind)
    while isinstance(known, inspect.Metadata):
        known = known.type
    if not isinstance(known, inspect.LiteralType) or not isinstance(value, str):
        return None
    words = [str(word) for word in known.values]
    near = nearest(value, words)
    text = f"must be {' or '.join(f'`{word}`' for word in words)}, not {_shown(value)}"
    return f"{text}; did you mean `{near}`?" if near else text


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"the text {quoted(shortened(value))}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return shortened(f"{value:g}" if isinstance(value, float) else str(value))
    return "a mapping" if isinstance(value, Mapping) else "a list"


def _finite(value: object) -> bool:
    """YAML has `.nan` and `.inf`, of which no option can make anything."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(_finite(item) for item in cast("Mapping[str, object]", value).values())
    if isinstance(value, list | tuple):
        return all(_finite(item) for item in cast("Iterable[object]", value))
    return True
