"""Whether what YAML or JSON gave has the shape of a suite: every fault, in words.

`msgspec.convert` stops at the first fault and speaks of Python types. This walks the same struct tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msgspec import inspect

from ajar.config.problem import Problem, hint, nearest, quoted, shortened
from ajar.evals.case import Case
from ajar.evals.suite.form import SuiteFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ajar.config.problem import KeyPath


FILE = inspect.type_info(SuiteFile)
CASE = inspect.type_info(Case)

_ITEMS = {inspect.StrType: " of texts", inspect.DictType: " of messages", Case: " of cases"}


def faults(kind: inspect.Type, value: object, path: KeyPath = ()) -> Iterator[Problem]:
    """Every way in which the value is not of this kind."""
    while isinstance(kind, inspect.Metadata):  # a description
        kind = kind.type
    if isinstance(kind, inspect.UnionType):
        kind = next((member for member in kind.types if _alike(member, value)), kind)
    if isinstance(kind, inspect.AnyType | inspect.NoneType):
        return
    if not _alike(kind, value):
        yield Problem(path, f"must be {_wanted(kind)}, not {shown(value)}{_help(kind, value)}")
    elif isinstance(kind, inspect.StructType):
        yield from _struct(kind, cast("Mapping[str, object]", value), path)
    elif isinstance(kind, inspect.DictType):
        for key, item in cast("Mapping[str, object]", value).items():
            yield from faults(kind.value_type, item, (*path, key))
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        for index, item in enumerate(cast("list[object]", value)):
            yield from faults(kind.item_type, item, (*path, index))
    elif isinstance(kind, inspect.StrType) and len(cast("str", value)) < (kind.min_length or 0):
        yield Problem(path, "must not be empty")


def _struct(kind: inspect.StructType, value: Mapping[str, object], path: KeyPath) -> Iterator[Problem]:
    fields = {field.encode_name: field for field in kind.fields}
    unknown = sorted(value.keys() - fields.keys())
    for key in unknown:
        yield Problem((*path, key), f"unknown key; {hint(key, fields, 'the keys here')}")
    meant = {nearest(key, fields) for key in unknown}
    for name, field in fields.items():
        if name in value:
            yield from faults(field.type, value[name], (*path, name))
        elif field.required and name not in meant:
            yield Problem(path, f"`{name}` is missing; add `{name}: …`")


def _alike(kind: inspect.Type, value: object) -> bool:
    match kind:
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.DictType() | inspect.StructType():
            return isinstance(value, dict)
        case inspect.ListType() | inspect.VarTupleType():
            return isinstance(value, list)
        case inspect.NoneType():
            return value is None
        case _:
            return isinstance(kind, inspect.AnyType)


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.StrType():
            return "text"
        case inspect.StructType(cls=cls) if cls is Case:
            return "a case: a mapping with `input`"
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"a list{_ITEMS.get(_class(item), '')}"
        case inspect.UnionType():
            return " or ".join(_wanted(one) for one in kind.types if not isinstance(one, inspect.NoneType))
        case _:
            return "a mapping"


def _class(kind: inspect.Type) -> type:
    return kind.cls if isinstance(kind, inspect.StructType) else type(kind)


def _help(kind: inspect.Type, value: object) -> str:
    kinds: tuple[Any, ...] = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    if value is None:
        return "; give it a value, or leave the key out"
    if isinstance(value, bool | int | float) and any(isinstance(one, inspect.StrType) for one in kinds):
        return "; write it in quotes"
    listed = [one for one in kinds if isinstance(one, inspect.ListType | inspect.VarTupleType)]
    if isinstance(value, str) and listed and isinstance(listed[0].item_type, inspect.StrType):
        return f"; write `[{shortened(value)}]`"
    return ""


def shown(value: object) -> str:
    """The value in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {shortened(str(value))}"
    if isinstance(value, str):
        return f"the text {quoted(shortened(value))}" if value else "empty text"
    return "a list" if isinstance(value, list) else "a mapping"
