"""The turns of a request, written: `contents` and `systemInstruction`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.parts import ToolResult
from ajar.wire.gemini.marks import JOINED, ROLE
from ajar.wire.gemini.model_turn import ModelTurn
from ajar.wire.gemini.names import name_of
from ajar.wire.gemini.parts_write import write_part, write_parts
from ajar.wire.gemini.results_write import Results
from ajar.wire.json_fields import said
from ajar.wire.result_order import results_after_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest, Message
    from ajar.wire.gemini.scope import Scope


def write_contents(request: ChatRequest, scope: Scope) -> tuple[list[Rest], Rest | None]:
    """`contents`, and `systemInstruction` where there is one. Raises InvalidField."""
    return _own(request.messages, scope) if scope.own else _foreign(request.messages, scope)


def _own(messages: list[Message], scope: Scope) -> tuple[list[Rest], Rest | None]:
    """Each turn is what it was."""
    contents: list[Rest] = []
    system: Rest | None = None
    results = Results(scope)
    for message in messages:
        if message.role == "system":
            system = {"parts": _parts(message, scope, results)} | message.rest
            continue
        parts = _parts(message, scope, results)
        if JOINED in message.rest and contents:
            contents[-1].setdefault("parts", []).extend(parts)
            continue
        content: Rest = {"role": "model" if message.role == "assistant" else "user"} | message.rest
        if content[ROLE] is None:
            del content[ROLE]
        if parts:
            content["parts"] = parts
        contents.append(content)
    return contents, system


def _parts(message: Message, scope: Scope, results: Results) -> list[Rest]:
    turn = ModelTurn(scope, results)
    for part in message.parts:
        turn.add(part)
    return turn.end()


class _Contents:
    """Contents that grow turn by turn.

    Successive turns of the model are one content, and so are successive tool results: Gemini counts the calls of one
    against the results in the next.
    """

    __slots__ = ("_answered", "_last", "_model", "_results", "_scope", "done")

    def __init__(self, scope: Scope) -> None:
        self.done: list[Rest] = []
        self._scope = scope
        self._results = Results(scope)
        self._model: ModelTurn | None = None
        self._answered: list[Rest] = []
        """The results of this round so far."""
        self._last = ""

    def add(self, message: Message) -> None:
        """Write a turn."""
        role = message.role
        if role != self._last:
            self.close()
        if role == "assistant":
            self._model = self._model or ModelTurn(self._scope, self._results)
            for part in message.parts:
                self._model.add(part)
        elif role == "tool":
            self._answer(message)
        else:
            self._append("user", write_parts(message.parts, self._scope))
        self._last = role

    def _answer(self, message: Message) -> None:
        """What tools gave. What a provider's own tool gave stands among it, and cannot be said."""
        for part in message.parts:
            written = self._results.write(part) if type(part) is ToolResult else write_part(part, self._scope)
            if written is not None:
                self._answered.append(written)

    def close(self) -> None:
        """The last turn has come to its end."""
        if self._model is not None:
            self._append("model", self._model.end())
            self._model = None
        self._append("user", self._answered)
        self._answered = []
        self._append("user", self._results.beside())

    def _append(self, role: str, parts: list[Rest]) -> None:
        if not parts:
            return
        if role == "model" and self.done and self.done[-1]["role"] == role:
            self.done[-1]["parts"] += parts  # what stood between them said nothing
        else:
            self.done.append({"role": role, "parts": parts})


def _foreign(messages: list[Message], scope: Scope) -> tuple[list[Rest], Rest | None]:
    contents = _Contents(scope)
    system: list[Rest] = []
    begun = False
    for message in results_after_calls(messages, joined=True):
        if message.rest or message.name is not None:
            where = name_of(scope.origin, "message")
            scope.losses.add_rest(where, said(message.rest | {"name": message.name}))
        if message.role == "system" or message.role == "developer":
            if begun:
                scope.losses.add("messages.system_position")
            system += write_parts(message.parts, scope)
        else:
            begun = True
            contents.add(message)
    contents.close()
    if system and not contents.done:
        scope.losses.add("messages.system_position")
        return [{"role": "user", "parts": system}], None  # Gemini wants a turn to answer
    return contents.done, {"parts": system} if system else None
