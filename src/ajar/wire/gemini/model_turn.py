"""A turn of the model's, with its signatures where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Reasoning, Text, ToolCall, ToolResult
from ajar.errors import InvalidField
from ajar.wire.gemini.marks import ID
from ajar.wire.gemini.parts_write import write_part

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.gemini.results_write import Results
    from ajar.wire.gemini.scope import Scope

_SIGNATURE = "thoughtSignature"

# Gemini 3 refuses a first call without a signature. For calls that another model made, this stands in for one
# (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs, 2026-11). Not encoded any further:
# https://github.com/langchain-ai/langchain-google/issues/1570.
_UNSIGNED = "skip_thought_signature_validator"

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class ModelTurn:
    """Collects the parts of one content, of the role `model` or, where the request came in this format, of any.

    Other formats have a signature in a block of thoughts before what it signs: it goes on the next text or call.
    """

    __slots__ = ("_called", "_parts", "_pending", "_results", "_scope")

    def __init__(self, scope: Scope, results: Results) -> None:
        self._scope = scope
        self._results = results
        self._parts: list[Rest] = []
        self._pending: str | None = None
        self._called = False

    def add(self, part: Part) -> None:
        """Write the next part. Raises InvalidField for a call whose arguments are no object."""
        scope = self._scope
        if type(part) is ToolCall:
            opaque = scope.kept(part.opaque, "calls_signature")
            written = self._call(part)
            self._sign(written, opaque)
            if not self._called and _SIGNATURE not in written and self._stand_in(part):
                written[_SIGNATURE] = _UNSIGNED
            self._called = True
            self._parts.append(written)
        elif type(part) is Reasoning:
            self._thought(part)
        elif type(part) is ToolResult:
            self._parts.append(self._results.write(part))
        else:
            opaque = scope.kept(part.opaque, "signature") if type(part) is Text else None
            written = write_part(part, scope)
            if written is not None:
                if type(part) is Text:
                    self._sign(written, opaque)
                    if not part.text and not scope.own and _SIGNATURE not in written:
                        return
                self._parts.append(written)

    def end(self) -> list[Rest]:
        """All the parts."""
        self._flush()
        return self._parts

    def _stand_in(self, part: ToolCall) -> bool:
        return self._scope.ways.new and (not self._scope.own or part.opaque is not None)

    def _sign(self, written: Rest, opaque: str | None) -> None:
        """Put the part's own signature on it, else the one that waits."""
        if opaque is None:
            opaque, self._pending = self._pending, None
        elif opaque == self._pending:
            self._pending = None
        else:
            self._flush()
        if opaque is not None:
            written[_SIGNATURE] = opaque

    def _flush(self) -> None:
        """A signature with nothing after it stands on empty text, as Gemini itself has it."""
        if self._pending is not None:
            self._parts.append({"text": "", _SIGNATURE: self._pending})
            self._pending = None

    def _thought(self, part: Reasoning) -> None:
        scope = self._scope
        opaque = scope.kept(part.opaque, "signature")
        if scope.own:
            written = scope.fill({"text": part.text, "thought": True}, part.rest, "content")
            if opaque is not None:
                written[_SIGNATURE] = opaque
            self._parts.append(written)
            return
        if part.rest:
            scope.fill({}, part.rest, "reasoning")
        if part.text:
            self._parts.append({"text": part.text, "thought": True})
        if opaque is not None:
            self._flush()
            self._pending = opaque

    def _call(self, part: ToolCall) -> Rest:
        self._results.called(part)
        scope = self._scope
        call: Rest = {"name": part.name}
        if not (scope.own and ID in part.rest):
            call = {"id": part.id, "name": part.name}
        if part.cache is not None:
            scope.losses.add("cache_control")
        if part.custom:
            call["args"] = {"input": part.arguments}
        elif part.arguments or not scope.own:
            call["args"] = _args(part)
        inside: Any = part.rest.get("functionCall") if scope.own else None
        if type(inside) is dict:
            call |= inside
        if not scope.own:
            return scope.fill({"functionCall": call}, part.rest, "tool_calls")
        rest = {name: value for name, value in part.rest.items() if name not in (ID, "functionCall")}
        return scope.fill({"functionCall": call}, rest, "tool_calls")


def _args(part: ToolCall) -> Any:
    """The arguments, as they were written."""
    text = part.arguments.strip()
    if not text:
        return {}
    try:
        _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        name = part.name[:100]
        raise InvalidField(
            f"the arguments of a call of `{name}` are not a JSON object", param="tool_calls.arguments"
        ) from None
    return msgspec.Raw(text.encode())
