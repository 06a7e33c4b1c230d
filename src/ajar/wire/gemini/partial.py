"""A call's arguments that come in pieces, each with a JSON path, as the text of one JSON object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from ajar.errors import UpstreamGarbage

if TYPE_CHECKING:
    from ajar.wire.gemini.chunk import PartialArg

_Segment: TypeAlias = str | int

_encode = msgspec.json.Encoder().encode
_step = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""").match
_escape = re.compile(r"\\(.)")


class _Open:
    """A container that is not closed yet: the key or index written last, and what was written before."""

    __slots__ = ("count", "last", "seen")

    def __init__(self) -> None:
        self.last: _Segment = -1
        self.count = 0
        self.seen: set[str] = set()


class ArgumentsText:
    """Grows one object's text by its pieces, which come in the order of the text.

    A model writes its arguments from front to back; a piece of what is closed already cannot be said any more.
    """

    __slots__ = ("_open", "_path", "_string")

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._path: list[_Segment] = []
        self._string = False

    @property
    def begun(self) -> bool:
        """Whether any piece has come."""
        return bool(self._open)

    def add(self, pieces: list[PartialArg]) -> str:
        """The text that the pieces add. Raises UpstreamGarbage where they do not fit."""
        out: list[str] = []
        for piece in pieces:
            path = _segments(piece.json_path)
            if self._string and path == self._path:
                out.append(_inside(piece.string_value or ""))
            else:
                value = _value(piece)
                if value is None:
                    continue
                self._move(path, out)
                out.append(value)
                self._string = piece.string_value is not None
            if self._string and not piece.will_continue:
                out.append('"')
                self._string = False
        return "".join(out)

    def end(self) -> str:
        """The text that completes the object: all of it where no piece came."""
        out = self._close(0)
        return out + "}" if self._open else "{}"

    def _close(self, depth: int) -> str:
        """Close what is open below the container at `depth`."""
        out = '"' if self._string else ""
        self._string = False
        while len(self._open) > depth + 1:
            container = self._open.pop()
            out += "}" if type(container.last) is str else "]"
        return out

    def _move(self, path: list[_Segment], out: list[str]) -> None:
        """From where the text ends to where the value at `path` begins."""
        shared = 0
        deepest = min(len(path), len(self._open)) - 1
        while shared < deepest and path[shared] == self._open[shared].last:
            shared += 1
        if self._open:
            out.append(self._close(shared))
        for depth in range(shared, len(path)):
            if depth == len(self._open):
                out.append("{" if type(path[depth]) is str else "[")
                self._open.append(_Open())
            out.append(_key(self._open[depth], path[depth]))
        self._path = path


def _key(container: _Open, segment: _Segment) -> str:
    """The text between the container's value before and its value for `segment`."""
    before = "," if container.count else ""
    if container.count and type(segment) is not type(container.last):
        raise UpstreamGarbage("the upstream streams an argument that is both an object and a list")
    if type(segment) is str:
        if segment in container.seen:
            raise _disordered()
        container.seen.add(segment)
        before += _encode(segment).decode() + ":"
    elif segment != container.count:
        raise _disordered()
    container.last = segment
    container.count += 1
    return before


def _disordered() -> UpstreamGarbage:
    return UpstreamGarbage("the upstream streams a call's arguments out of order")


def _segments(path: str) -> list[_Segment]:
    if path[:1] != "$":
        raise UpstreamGarbage("the upstream streams an argument without a JSON path")
    found: list[_Segment] = []
    at = 1
    while at < len(path):
        step = _step(path, at)
        if step is None:
            raise UpstreamGarbage("the upstream streams an argument with a JSON path that cannot be read")
        name, index, single, double = cast("tuple[str | None, ...]", step.groups())
        if index is not None:
            found.append(int(index))
        elif name is not None:
            found.append(name)
        else:
            found.append(_escape.sub(r"\1", single if single is not None else double or ""))
        at = step.end()
    if not found or type(found[0]) is not str:
        raise UpstreamGarbage("the upstream streams arguments that are no object")
    return found


def _value(piece: PartialArg) -> str | None:
    """The JSON text of a piece's value, of a string without its end; None where it has none."""
    if piece.string_value is not None:
        return '"' + _inside(piece.string_value)
    if piece.bool_value is not None:
        return "true" if piece.bool_value else "false"
    if piece.number_value is not None:
        return _encode(piece.number_value).decode()
    return "null" if piece.null_value else None


def _inside(text: str) -> str:
    return _encode(text).decode()[1:-1]
