"""Tool results: `functionResponse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Text
from ajar.errors import InvalidField
from ajar.wire.gemini.marks import ID, RESPONSE
from ajar.wire.gemini.parts_write import write_foreign, write_own_media
from ajar.wire.tool_reference import in_words

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest, ToolCall, ToolResult
    from ajar.wire.gemini.scope import Scope

# What stands in a result itself; other media stand beside it
# (https://ai.google.dev/gemini-api/docs/function-calling#multimodal, 2026-11).
_INSIDE = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})


class Results:
    """Writes tool results. Gemini wants the function's name, which the call before has told."""

    __slots__ = ("_beside", "_names", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._names: dict[str, str] = {}
        self._beside: list[Rest] = []

    def called(self, call: ToolCall) -> None:
        """A call, whose result may follow."""
        self._names[call.id] = call.name

    def write(self, result: ToolResult) -> Rest:
        """The part. Raises InvalidField where nothing tells the function's name."""
        scope = self._scope
        name = result.name if scope.own else self._names.get(result.call_id) or result.name or None
        if name is None:
            raise InvalidField(
                f"a tool result names the call `{result.call_id[:100]}`, which no message before it holds",
                param="tool_call_id",
            )
        if result.cache is not None:
            scope.losses.add("cache_control")
        texts, media = self._content(result)
        response: Rest = {}
        if not (scope.own and ID in result.rest):
            response["id"] = result.call_id
        response["name"] = name
        if not scope.own or result.content:
            response["response"] = _response(result, texts, whole=scope.own and RESPONSE in result.rest)
        if media:
            response["parts"] = media
        inside: Any = result.rest.get("functionResponse") if scope.own else None
        if type(inside) is dict:
            response |= inside
        rest = {key: value for key, value in result.rest.items() if key not in (ID, RESPONSE, "functionResponse")}
        return scope.fill({"functionResponse": response}, rest if scope.own else result.rest, "tool_result")

    def beside(self) -> list[Rest]:
        """The media of the results so far that cannot stand in them, for a turn after them."""
        found, self._beside = self._beside, []
        return found

    def _content(self, result: ToolResult) -> tuple[list[str], list[Rest]]:
        scope = self._scope
        texts: list[str] = []
        media: list[Rest] = []
        for part in in_words(result.content):
            if type(part) is Text:
                texts.append(part.text)
                if part.cache is not None:
                    scope.losses.add("cache_control")
            elif type(part) is Media:
                if part.text is not None and not scope.own:
                    texts.append(part.text)
                    continue
                written = write_own_media(part, scope)
                (media if scope.own or self._fits(written) else self._beside).append(written)
            elif type(part) is Foreign and (foreign := write_foreign(part, scope)) is not None:
                media.append(foreign)
        return texts, media

    def _fits(self, written: Rest) -> bool:
        return self._scope.ways.new and written.get("inlineData", {}).get("mimeType") in _INSIDE


def _response(result: ToolResult, texts: list[str], *, whole: bool) -> Any:
    """An object, as Gemini wants it."""
    text = texts[0] if len(texts) == 1 else "\n".join(texts)
    if whole:
        return msgspec.Raw(text.encode())  # its own reader made this text of an object
    return {"error" if result.is_error else "result": text}
