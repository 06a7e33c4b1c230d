"""A caller's Responses request on the byte path: what planning reads, and what forwarding edits."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import msgspec

from ajar.errors import InvalidField
from ajar.wire.openai_responses.ids import names_made
from ajar.wire.toplevel import TopLevel
from ajar.wire.view import RequestView, flag_in, model_in

Operation = Literal["responses"]

_PLANNED = frozenset({
    "model", "stream", "input", "instructions", "tools", "user", "store", "background", "conversation", "prompt",
    "previous_response_id",
})  # fmt: skip
_INSTEAD_OF_INPUT = ("previous_response_id", "conversation", "prompt")
_NULL = b"null"

_string = msgspec.json.Decoder(str).decode
_id_in = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

# Inside a JSON string every quote is escaped, so text about these fields does not match.
_held = re.compile(
    rb'"(?:file_id|container|container_id)"\s*:\s*"([^"\\]{1,256})"'
    rb'|"(?:file_ids|vector_store_ids)"\s*:\s*\[\s*("[^\]]{1,4096})\]'
)
_HOLDERS = (b'"file_id', b'"container', b'"vector_store_ids"')
_quoted = re.compile(rb'"([^"\\]{1,256})"')
_reference = re.compile(rb'"type"\s*:\s*"item_reference"').search
_sealed = re.compile(rb'"encrypted_content"\s*:\s*"').search


class State(NamedTuple):
    """What of a provider's own state a request leans on. All falsy: nothing."""

    previous_response_id: str | None = None
    conversation: str | None = None
    held: tuple[str, ...] = ()
    """Ids of files, containers and vector stores."""
    references: bool = False
    """An item is named that is stored elsewhere."""
    prompt: bool = False
    """A stored prompt is used."""
    encrypted: bool = False
    """Reasoning goes back that only its issuer can read."""
    translated: bool = False
    """Items go back that Ajar made of another format's answer: no provider knows them."""
    background: bool = False
    store: bool | None = None
    """As the request says it; None where it does not."""


class ResponsesRequest(RequestView):
    """One parsed request."""

    __slots__ = ()

    def __init__(self, body: bytes, operation: Operation = "responses") -> None:
        """Read the planning fields.

        Raises InvalidJson, or InvalidField naming the parameter that is missing or of a wrong type.
        """
        del operation  # there is one
        self.body = body
        self._top = top = TopLevel(body, _PLANNED)
        self.model = model_in(top)
        self.stream = flag_in(top, "stream") is True
        found = top.first("input")
        if found is None or found == _NULL[0]:
            if all(top.get(name) in (None, _NULL) for name in _INSTEAD_OF_INPUT):
                raise InvalidField("`input` is missing", param="input")
        elif found not in b'["':
            raise InvalidField("`input` must be a string or a list", param="input")
        self.meterable = False  # every Responses stream carries its usage

    @property
    def state(self) -> State:
        """The state that the request leans on. Raises InvalidField where a field that says so is of a wrong type."""
        top, body = self._top, self.body
        held: list[str] = []
        if any(each in body for each in _HOLDERS):
            for match in _held.finditer(body):
                found = [match[1]] if match[1] else _quoted.findall(match[2])
                held += [each.decode() for each in found]
        return State(
            previous_response_id=_named(top, "previous_response_id"),
            conversation=_named(top, "conversation"),
            held=tuple(dict.fromkeys(held)),
            references=b"item_reference" in body and _reference(body) is not None,
            prompt=top.get("prompt") not in (None, _NULL),
            encrypted=b'"encrypted_content"' in body and _sealed(body) is not None,
            translated=names_made(body),
            background=flag_in(top, "background") is True,
            store=flag_in(top, "store"),
        )


def _named(top: TopLevel, name: str) -> str | None:
    """An id, given as a string or as an object with one."""
    text = top.get(name)
    if text is None or text == _NULL:
        return None
    try:
        return _string(_id_in(text).get("id", b"") if text[:1] == b"{" else text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidField(f"`{name}` must be an id", param=name) from None
