"""Whether parsed TOML has the shape of `ajar.toml`: every fault at once, in words.

`msgspec.convert` stops at the first fault and speaks of Python types. This walks the same struct tree, so a field that
is added to `model.py` is checked here without a further line.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast

from msgspec import inspect

from ajar.config.problem import Problem, hint, nearest, quoted, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ajar.config.problem import KeyPath

_NAME = (
    "a name starts with a letter or digit, goes on with letters, digits and . _ / -, and has at most 128 characters "
    "(`deployment:` is kept for addressing deployments)"
)
_SECRET = ("key", "secret", "token", "password")
_SPELT = {"unit": '"user", "header:NAME" or "body:/json/pointer"'}
"""How the text of a key is written that is not any text."""
_INTEGERS = range(-(2**63), 2**64)
"""Those that JSON carries from one of Ajar's processes to the next."""


def faults(kind: inspect.Type, value: object, path: KeyPath = ()) -> Iterator[Problem]:
    """Every way in which `value`, as TOML gives it, is not of this kind."""
    kind = _required(kind)
    if isinstance(kind, inspect.StructType):
        yield from _table(kind, value, path)
    elif isinstance(kind, inspect.DictType):
        yield from _named(kind, value, path)
    elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list):
        yield from _list(kind, cast("Sequence[object]", value), path)
    elif isinstance(kind, inspect.TupleType):
        yield from _row(kind, value, path)
    elif isinstance(kind, inspect.AnyType):
        yield from _anything(value, path)
    elif not _fits(kind, value):
        yield Problem(path, _mismatch(kind, value, path))


def _table(kind: inspect.StructType, value: object, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, f"must be a table, not {_shown(value)}")
        return
    table = cast("Mapping[str, object]", value)
    fields = {field.encode_name: field for field in kind.fields}
    unknown = table.keys() - fields.keys()
    absent = fields.keys() - table.keys()
    for key in sorted(unknown):
        yield Problem((*path, key), f"unknown key; {hint(key, fields, 'the keys here')}")
    meant = {nearest(key, fields) for key in unknown}
    for name, field in fields.items():
        if name in table:
            yield from faults(field.type, table[name], (*path, name))
        elif field.required and name in absent - meant:
            yield Problem(path, _missing(name, field.type))


def _named(kind: inspect.DictType, value: object, path: KeyPath) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, f"must be a table, not {_shown(value)}")
        return
    for name, item in cast("Mapping[str, object]", value).items():
        if not _fits(kind.key_type, name):
            yield Problem((*path, name), f"cannot be a name: {_NAME}")
        yield from faults(kind.value_type, item, (*path, name))


def _list(kind: inspect.VarTupleType, items: Sequence[object], path: KeyPath) -> Iterator[Problem]:
    if len(items) < (kind.min_length or 0):
        yield Problem(path, f"must be {_wanted(kind)}, not an empty list")
    for index, item in enumerate(items):
        yield from faults(kind.item_type, item, (*path, index))


def _row(kind: inspect.TupleType, value: object, path: KeyPath) -> Iterator[Problem]:
    items: Sequence[object] = ()
    if isinstance(value, list):
        items = cast("Sequence[object]", value)
    if len(items) != len(kind.item_types):
        yield Problem(path, _mismatch(kind, cast("object", value), path))
        return
    for index, (item_kind, item) in enumerate(zip(kind.item_types, items, strict=True)):
        yield from faults(item_kind, item, (*path, index))


def _anything(value: object, path: KeyPath) -> Iterator[Problem]:
    """What another part of Ajar reads: here it only has to be what JSON can say."""
    if isinstance(value, dict):
        for key, item in cast("Mapping[str, object]", value).items():
            yield from _anything(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("Sequence[object]", value)):
            yield from _anything(item, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(path, f"must be a finite number, not {_shown(value)}")
    elif isinstance(value, int) and value not in _INTEGERS:
        yield Problem(path, "must be a number of at most 64 bits; shorten it")
    elif not isinstance(value, str | int | float):
        yield Problem(path, f"must be text in quotes, not {_shown(value)}; write it in quotes")


def _required(kind: inspect.Type) -> inspect.Type:
    """The kind without `None`: TOML has no such value, so only a key's absence stands for it."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    (only,) = (member for member in kind.types if not isinstance(member, inspect.NoneType))
    return only


def _fits(kind: inspect.Type, value: object) -> bool:
    match kind:
        case inspect.StrType():
            return isinstance(value, str) and _text_fits(kind, value)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool) and _in_range(kind, value)
        case inspect.FloatType():
            if isinstance(value, float):
                return math.isfinite(value) and _in_range(kind, value)  # TOML has nan and inf
            return isinstance(value, int) and not isinstance(value, bool) and _in_range(kind, value)
        case inspect.LiteralType():
            return isinstance(value, str) and value in kind.values
        case _:
            return False


def _text_fits(kind: inspect.StrType, text: str) -> bool:
    return len(text) >= (kind.min_length or 0) and (kind.pattern is None or re.search(kind.pattern, text) is not None)


def _in_range(kind: inspect.IntType | inspect.FloatType, number: float) -> bool:
    return (
        (kind.ge is None or number >= kind.ge)
        and (kind.gt is None or number > kind.gt)
        and (kind.le is None or number <= kind.le)
        and (kind.lt is None or number < kind.lt)
    )


def _missing(name: str, kind: inspect.Type) -> str:
    if isinstance(kind, inspect.DictType):
        return f"`{name}` is missing; add a table `[{name}.NAME]`"
    sample = '"…"' if isinstance(kind, inspect.StrType) else "…"
    return f"`{name}` is missing; add `{name} = {sample}` to this table"


def _mismatch(kind: inspect.Type, value: object, path: KeyPath) -> str:
    if path and any(word in str(path[-1]).lower() for word in _SECRET):
        return f"must be {_wanted(kind)} (what stands there is not shown: it may be a secret)"
    wanted = _SPELT.get(str(path[-1]), _wanted(kind)) if path else _wanted(kind)
    text = f"must be {wanted}, not {_shown(value)}"
    if isinstance(kind, inspect.LiteralType) and isinstance(value, str):
        near = nearest(value, _choices(kind))
        return f"{text}; did you mean {quoted(near)}?" if near else text
    if isinstance(value, str) and _fits(kind, _unquoted(value)):
        return f"{text}; write it without quotes"
    if isinstance(kind, inspect.StrType) and isinstance(value, int | float):
        return f"{text}; write it in quotes"
    return text


def _unquoted(text: str) -> object:
    """What the text would be without its quotes, where that is a number or true or false."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?[0-9]{1,18}\.[0-9]{1,18}", text) else text


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType():
            return "text in quotes"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_range(kind)}"
        case inspect.FloatType():
            return f"a number{_range(kind)}"
        case inspect.LiteralType():
            return "one of " + ", ".join(quoted(choice) for choice in _choices(kind))
        case inspect.VarTupleType(inspect.FloatType()):
            return "a list of numbers such as [1, 5]"
        case inspect.VarTupleType():
            return 'a list such as ["name"]'
        case inspect.TupleType():
            return f"a list of {len(kind.item_types)} values"
        case _:
            return "a table"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low = f" above {kind.gt:g}" if kind.gt is not None else f" from {kind.ge}" if kind.ge is not None else ""
    if kind.lt is not None:
        return f"{low} and below {kind.lt:g}"
    return f"{low}{' and' if kind.gt is not None else ''} up to {kind.le}" if kind.le is not None else low


def _choices(kind: inspect.LiteralType) -> Iterable[str]:
    return sorted(str(value) for value in kind.values)


def _shown(value: object) -> str:
    """The value in words."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text {quoted(shortened(value))}" if value else "empty text"
    try:
        return shortened(str(value))
    except ValueError:  # Python refuses to write out integers of thousands of digits
        return "a number of thousands of digits"
