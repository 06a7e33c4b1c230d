"""Values in a request that only their issuer understands: what an earlier answer gave and the caller sends back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from ajar.errors import InvalidJson
from ajar.wire.opaque import FREE, KEYS, TYPED
from ajar.wire.openai_responses.seal import unseal

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format


class Values(NamedTuple):
    """What a request carries, each value once, in the order of its messages; false where it carries nothing.

    `opaque` are as their issuer gave them, and can be left out: the model thinks anew. An empty one stands for a
    thought whose signature is missing, as no issuer signs. Without what a `state` id names, the request means something
    else; `where` has the fields of the ids.
    """

    opaque: list[bytes]
    state: list[bytes]
    where: dict[bytes, str]

    def __bool__(self) -> bool:
        return bool(self.opaque or self.state)


class _Body(msgspec.Struct, gc=False):
    """What can hold values, in all formats. Anything else is not decoded."""

    messages: Any = None
    input: Any = None
    contents: Any = None
    tools: Any = None
    container: Any = None
    conversation: Any = None
    previous_response_id: Any = None
    cachedContent: Any = None  # noqa: N815 - Gemini's spelling
    fallback_credit_token: Any = None


_decode = msgspec.json.Decoder(_Body).decode

_THOUGHTS = ("thinking", "redacted_thinking")
_CITED = frozenset({"annotations", "results"})
"""Fields that tell where the model looked. The ids in them are not looked up again."""


def values_in_request(format: Format, body: bytes) -> Values:  # noqa: A002 - what the domain calls it
    """The values in a request's body. Costs a search for some words where there are none.

    Raises InvalidJson where values seem to be there and the body cannot be decoded.
    """
    if not _MAY_HOLD[format](body.rpartition):
        return NOTHING
    try:
        document = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidJson(f"the body is not valid JSON: {error}") from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None
    walk = _Walk(format)
    walk.top(document)
    return Values(list(walk.opaque), list(walk.state), walk.state)


# `rpartition` takes half of the time that `find` does. Who writes a letter of a field's name as `\u0061` has something
# to hide; control characters are escaped so by everybody.
_ESCAPES = (b"\\u004", b"\\u005", b"\\u006", b"\\u007")

_Part = Callable[[bytes], tuple[bytes, bytes, bytes]]


def _escapes(part: _Part) -> bool:
    return bool(part(b"\\u00")[1]) and any(part(each)[1] for each in _ESCAPES)


def _may_chat(part: _Part) -> bool:
    return bool(
        part(b'signature"')[1]
        or part(b"reasoning.encrypted")[1]
        or part(b'"file_id"')[1]
        or part(b'"audio"')[1]
        or _escapes(part)
    )


def _may_messages(part: _Part) -> bool:
    return bool(
        part(b'"signature"')[1]
        or part(b'thinking"')[1]
        or part(b'"encrypted_')[1]
        or part(b'"container"')[1]
        or part(b'"file_id"')[1]
        or part(b'"fallback_credit_tok')[1]
        or _escapes(part)
    )


def _may_responses(part: _Part) -> bool:
    return bool(
        part(b'"encrypted_content"')[1]
        or part(b'"previous_response_id"')[1]
        or part(b'"conversation"')[1]
        or part(b'"container')[1]
        or part(b'"file_id')[1]
        or part(b'"id"')[1]
        or _escapes(part)
    )


def _may_gemini(part: _Part) -> bool:
    return bool(part(b"ignature")[1] or part(b'"cachedContent"')[1] or _escapes(part))


def _may_converse(part: _Part) -> bool:
    return bool(part(b'"signature"')[1] or part(b'"redactedContent"')[1] or _escapes(part))


_MAY_HOLD: dict[Format, Callable[[_Part], bool]] = {
    "anthropic": _may_messages,
    "openai-chat": _may_chat,
    "openai-responses": _may_responses,
    "gemini": _may_gemini,
    "bedrock": _may_converse,
}
NOTHING = Values([], [], {})
"""What most requests carry; always this very object."""


class _Walk:
    """Collects the values at the places where the format has them."""

    __slots__ = ("format", "opaque", "state")

    def __init__(self, format: Format) -> None:  # noqa: A002
        self.format = format
        self.opaque: dict[bytes, None] = {}
        self.state: dict[bytes, str] = {}

    def top(self, body: _Body) -> None:
        """The whole request."""
        if self.format == "openai-responses":
            self._id(body.previous_response_id, "previous_response_id")
            self._id(body.conversation, "conversation")
            self._items(body.input)
            self._each(body.tools, "tools")
        elif self.format == "gemini":
            self._id(body.cachedContent, "cachedContent")
            self._each(body.contents, "contents")
        else:
            if self.format == "anthropic":
                self._id(body.container, "container")
                token = body.fallback_credit_token
                self._opaque(cast("dict[str, Any]", token).get("token") if isinstance(token, dict) else token)
            self._each(body.messages, "messages")

    def _items(self, items: Any) -> None:
        """Responses' input: some items are no more than the id of one that is kept."""
        if type(items) is not list:
            return
        for at, item in enumerate(cast("list[Any]", items)):
            if type(item) is not dict:
                continue
            item = cast("dict[str, Any]", item)
            where = f"input[{at}]"
            kind = item.get("type")
            if (
                kind == "item_reference"
                or (kind is None and "role" not in item)
                or (kind == "image_generation_call" and not item.get("result"))
            ):
                self._id(item.get("id"), f"{where}.id")
            else:
                if kind == "reasoning" and not item.get("encrypted_content") and not item.get("content"):
                    self._opaque(item.get("id"))
                self._inside(item, where)

    def _each(self, nodes: Any, name: str) -> None:
        if type(nodes) is list:
            for at, node in enumerate(cast("list[Any]", nodes)):
                self._inside(node, f"{name}[{at}]")

    def _inside(self, node: Any, where: str) -> None:
        """Everything below one message, item or tool."""
        stack: list[Any] = [node]
        while stack:
            node = stack.pop()
            if type(node) is list:
                stack += cast("list[Any]", node)
            elif type(node) is dict:
                self._object(cast("dict[str, Any]", node), where, stack)

    def _object(self, node: dict[str, Any], where: str, stack: list[Any]) -> None:
        kind = node.get("type")
        if kind in _THOUGHTS and self.format == "anthropic" and not (node.get("signature") or node.get("data")):
            self.opaque[b""] = None
        for key, value in node.items():
            if type(value) is str:
                if key in KEYS or (key in TYPED and kind in TYPED[key]):
                    self._opaque(value)
                elif key == "file_id" or key == "container_id":
                    self._file(node, kind, value, f"{where}.{key}")
                elif key == "container" and where[:6] == "tools[":
                    self._id(value, f"{where}.{key}")
            elif key in FREE or key in _CITED:
                continue
            elif type(value) is dict:
                if key == "audio":
                    self._id(value, f"{where}.{key}")
                stack.append(value)
            elif type(value) is list:
                if key == "file_ids":
                    for each in cast("list[Any]", value):
                        self._id(each, f"{where}.{key}")
                stack.append(value)

    def _file(self, node: dict[str, Any], kind: Any, value: str, where: str) -> None:
        """An input is read by the id; in what a provider's own tool did, the id is a part of the record."""
        if type(kind) is str and kind.endswith(("_call", "_execution_output")):
            self._opaque(value)
        elif "cited_text" not in node:
            self._id(value, where)

    def _opaque(self, value: Any) -> None:
        if type(value) is str and value:
            if self.format == "openai-responses":
                value, _ = unseal(value)
            self.opaque[value.encode()] = None

    def _id(self, value: Any, where: str) -> None:
        """An id, or an object with one."""
        if type(value) is dict:
            value = cast("dict[str, Any]", value).get("id")
        if type(value) is str and value:
            self.state.setdefault(value.encode(), where)
