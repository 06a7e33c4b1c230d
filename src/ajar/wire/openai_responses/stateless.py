"""Whether a request can be answered without what a provider holds for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from ajar.domain.dialog.parts import Foreign, Media, ToolResult
from ajar.errors import InvalidField
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.items_read import ITEM_REFERENCE
from ajar.wire.openai_responses.written import fields_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.domain.dialog.request import ChatRequest

HELD = frozenset({"file_id", "file_ids", "container", "container_id", "vector_store_ids"})
"""Fields that name something which one provider's account holds."""

_ADDRESS = "address the deployment that holds the state, as `deployment:NAME`"


def require_stateless(request: ChatRequest) -> None:
    """Raise InvalidField where a Responses request leans on state that only one provider's account holds.

    A request of another format always passes.
    """
    if request.format != FORMAT:
        return
    _options(fields_of(request.rest))
    for tool in request.tools:
        if isinstance(tool, Foreign) and (name := _held(tool.value)):
            _refuse("tools", f"a `{tool.kind}` tool with `{name}` works only where that is held")
    for message in request.messages:
        for part in message.parts:
            _part(part)


def _options(rest: Rest) -> None:
    if rest.get("previous_response_id") is not None:
        _refuse("previous_response_id", "send the earlier items themselves in `input`")
    if rest.get("conversation") is not None:
        _refuse("conversation", "send the items of the conversation themselves in `input`")
    if rest.get("prompt") is not None:
        _refuse("prompt", "send the text of the prompt itself as `instructions` and `input`")
    if rest.get("store"):
        _refuse("store", "nothing is stored here: leave it out, or set it to false")
    if rest.get("background"):
        _refuse(
            "background", "a background answer is fetched from where it is stored: leave it out, or set it to false"
        )


def _part(part: Part) -> None:
    if isinstance(part, Media):
        if part.file_id is not None:
            _refuse("input", "a `file_id` is known only to the account that holds the file: send its data")
    elif isinstance(part, ToolResult):
        for each in part.content:
            _part(each)
    elif isinstance(part, Foreign):
        if part.kind == ITEM_REFERENCE:
            _refuse("input", "an item reference names an item stored elsewhere: send the item itself")
        if name := _held(part.value):
            _refuse("input", f"an item `{part.kind}` with `{name}` means something only where that is held")


def _refuse(param: str, why: str) -> NoReturn:
    raise InvalidField(f"`{param}`: {why}, or {_ADDRESS}", param=param)


def _held(value: Any) -> str | None:
    """The first field, at any depth, that names something held."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) is dict:
            for name, inner in cast("Rest", each).items():
                if name in HELD and _names(inner):
                    return name
                if type(inner) is dict or type(inner) is list:
                    waiting.append(inner)
        elif type(each) is list:
            waiting += cast("list[Any]", each)
    return None


def _names(value: Any) -> bool:
    return (type(value) is str and value != "") or (type(value) is list and bool(cast("list[Any]", value)))
