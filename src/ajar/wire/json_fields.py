"""Taking the known fields out of a decoded JSON object, with their types checked; what is left is its `rest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, TypeVar, cast

import msgspec

from ajar.errors import InvalidField, InvalidJson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_Node = TypeVar("_Node")

_decode = msgspec.json.Decoder().decode

_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1

Int64 = Annotated[int, msgspec.Meta(ge=_LEAST, le=_MOST)]
"""A whole number as APIs have them. Sums of far longer ones can be too long for Python to write."""

Count = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
"""How many there were of something. Fewer than none would lower what is summed up over all answers."""


class Fields:
    """The fields of one object; `path` says where in the request it stands ("" for the request itself).

    Each method takes one field out and returns it, or None where it is absent or null. A field of another type raises
    InvalidField with its whole path. The object is used up: it must be the caller's own.

    A null stays behind, in `rest`, so that a writer of the same format says it again; `said` leaves it out where losses
    are told.
    """

    __slots__ = ("_value", "path")

    def __init__(self, value: dict[str, Any], path: str = "") -> None:
        self._value = value
        self.path = path

    def text(self, name: str) -> str | None:
        """A string."""
        value = self._value.get(name)
        if value is None:
            return None
        if type(value) is not str:
            self.refuse(name, "must be a string")
        del self._value[name]
        return value

    def needed(self, name: str) -> str:
        """A string that must be there, though it may be empty."""
        value = self._value.pop(name, None)
        if type(value) is not str:
            self.refuse(name, "is missing" if value is None else "must be a string")
        return value

    def number(self, name: str) -> float | None:
        """A number, an int where it was written as one."""
        value = self._value.get(name)
        if value is None:
            return None
        if type(value) is not float and type(value) is not int:
            self.refuse(name, "must be a number")
        del self._value[name]
        return cast("float", value)

    def integer(self, name: str) -> int | None:
        """A whole number of 64 bits; `3.0` is one."""
        value = self._value.get(name)
        if value is None:
            return None
        number = whole(value)
        if number is None:
            self.refuse(name, "must be a whole number of no more than 64 bits")
        del self._value[name]
        return number

    def flag(self, name: str) -> bool | None:
        """True or false."""
        value = self._value.get(name)
        if value is None:
            return None
        if type(value) is not bool:
            self.refuse(name, "must be true or false")
        del self._value[name]
        return value

    def obj(self, name: str) -> dict[str, Any] | None:
        """An object."""
        value = self._value.get(name)
        if value is None:
            return None
        if type(value) is not dict:
            self.refuse(name, "must be an object")
        del self._value[name]
        return cast("dict[str, Any]", value)

    def array(self, name: str) -> list[Any] | None:
        """A list of anything."""
        value = self._value.get(name)
        if value is None:
            return None
        if type(value) is not list:
            self.refuse(name, "must be a list")
        del self._value[name]
        return cast("list[Any]", value)

    def strings(self, name: str) -> list[str] | None:
        """A list of strings."""
        values = self.array(name)
        if values is not None and not all([type(each) is str for each in values]):  # noqa: C419 - a list is faster
            self.refuse(name, "must be a list of strings")
        return values

    def inner(self, name: str) -> Fields | None:
        """The fields of an object. What is left of them is lost unless the caller takes their `rest`."""
        value = self.obj(name)
        return None if value is None else Fields(value, self.where(name))

    def each(self, name: str, read: Callable[[Fields], _Node]) -> list[_Node] | None:
        """`read` of the fields of every object in a list of objects."""
        values = self.array(name)
        if values is None:
            return None
        path = self.where(name)
        return [read(Fields(object_of(value, path, at), f"{path}[{at}]")) for at, value in enumerate(values)]

    def peek(self, name: str) -> Any:
        """Any value, which is not taken out; None where it is absent."""
        return self._value.get(name)

    def take(self, name: str) -> Any:
        """Any value, taken out; None where it is absent or null."""
        value = self._value.get(name)
        if value is not None:
            del self._value[name]
        return value

    def drop(self, name: str) -> bool:
        """Take a field out, null or not; whether it was there."""
        if name in self._value:
            del self._value[name]
            return True
        return False

    def rest(self) -> dict[str, Any]:
        """What was not taken."""
        return self._value

    def where(self, name: str) -> str:
        """A field's path."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, why: str) -> NoReturn:
        """Raise InvalidField for a field; `why` follows its path: "must be a string"."""
        path = self.where(name)
        raise InvalidField(f"`{path}` {why}", param=path)


def whole(value: Any) -> int | None:
    """A number that is whole and of 64 bits, which `3.0` is too; None for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and _LEAST <= value <= _MOST else None


def object_of(value: Any, path: str, at: int) -> dict[str, Any]:
    """A list's element, which must be an object. Raises InvalidField."""
    if type(value) is not dict:
        path = f"{path}[{at}]"
        raise InvalidField(f"`{path}` must be an object", param=path)
    return cast("dict[str, Any]", value)


def decode_object(body: bytes) -> dict[str, Any]:
    """The object that a request's body is. Raises InvalidJson."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = f"the body is not valid JSON: {error}" if body else "the body is empty"
        raise InvalidJson(reason) from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None
    if type(value) is not dict:
        raise InvalidJson("the body must be a JSON object")
    return cast("dict[str, Any]", value)


_MEANT_EMPTY = frozenset({"web_search_options", "transforms"})
"""OpenAI searches the web where the one is there at all, and OpenRouter shortens no prompt where the other is empty."""


def said(rest: dict[str, Any]) -> Iterator[str]:
    """The names in `rest` that say something: a null, or nothing in a list or an object, is no loss."""
    return (
        name
        for name, value in rest.items()
        if value is not None and ((value != [] and value != {}) or name in _MEANT_EMPTY)
    )
