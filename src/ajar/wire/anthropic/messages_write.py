"""A dialog's turns as Anthropic's `system` and `messages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Text
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.blocks_write import write_blocks
from ajar.wire.anthropic.server_calls import calls_to_cut
from ajar.wire.result_order import results_after_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.request import Message
    from ajar.wire.anthropic.blocks_write import Block
    from ajar.wire.anthropic.scope import Scope

Content = str | list[dict[str, Any]]
_INSTRUCTIONS = ("system", "developer")


def write_messages(messages: list[Message], scope: Scope) -> tuple[Content | None, list[Block]]:
    """The top-level `system`, where there is one, and the messages. Raises InvalidField."""
    return _as_they_came(messages, scope) if scope.same else _built_anew(messages, scope)


def _as_they_came(messages: list[Message], scope: Scope) -> tuple[Content | None, list[Block]]:
    scope.cut = calls_to_cut(messages, scope)
    system: Content | None = None
    written: list[Block] = []
    left_out = False
    for message in messages:
        parts, rest = message.parts, message.rest
        content: Content
        only = parts[0] if len(parts) == 1 else None
        if type(only) is Text and marks.marked(rest, marks.CONTENT):
            content = only.text
        else:
            content = write_blocks(parts, scope)
            left_out |= len(content) < len(parts)
            if parts and not content:
                continue  # nothing is left of it
        if message.role == "system" and marks.marked(rest, marks.SYSTEM):
            system = content
        elif marks.marked(rest, marks.JOINED) and written and type(content) is list:
            written[-1]["content"] += content
        else:
            role = "user" if message.role == "tool" else message.role
            written.append({**rest, "role": role, "content": content})
    if left_out:
        _end_in_words(written)
    return system, written


def _end_in_words(messages: list[Block]) -> None:
    """Take the white space off the end of an answer that the model is to go on with: Anthropic refuses it there."""
    content: Content = messages[-1]["content"] if messages else ""
    if isinstance(content, str) or messages[-1]["role"] != "assistant":
        return
    while content and content[-1]["type"] == "text":
        last = content.pop()
        if text := last["text"].rstrip():
            content.append({**last, "text": text})
            break
    if not content:
        messages.pop()


def _built_anew(messages: list[Message], scope: Scope) -> tuple[Content | None, list[Block]]:
    turns = _Turns(scope)
    for message in results_after_calls(messages, joined=True):
        scope.node(message.rest, "message")
        if message.name is not None:
            scope.lose_named("messages.name")
        blocks = write_blocks(message.parts, scope)
        if not blocks:
            continue
        if message.role in _INSTRUCTIONS:
            turns.instruct([block for block in blocks if _is_text(block, scope)])
        elif message.role == "assistant":
            turns.assistant(blocks)
        else:
            turns.user(blocks)
    return turns.finish()


def _is_text(block: Block, scope: Scope) -> bool:
    if block["type"] == "text":
        return True
    if block["type"] in ("image", "document"):
        scope.lose("image" if block["type"] == "image" else "document")
    return False


class _Turns:
    """Turns in the order that Anthropic wants: user first, neighbours of one role in one turn, results at its head.

    Later instructions stand among the turns where the deployment takes them there, behind what the user said, as they
    must; else they go to the top.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._system: list[Block] = []
        self._written: list[Block] = []
        self._waiting: list[list[Block]] = []
        self._results = 0
        """How many results the user's turn at the end begins with."""

    def instruct(self, blocks: list[Block]) -> None:
        if not blocks:
            return
        if not self._written:
            self._system += blocks
        elif "mid_system" in self._scope.back.quirks:
            self._waiting.append(blocks)
        else:
            self._scope.lose("system_position")
            self._system += blocks

    def assistant(self, blocks: list[Block]) -> None:
        self._place_waiting()
        if not self._written:
            self._open_with_user()
        if self._written[-1]["role"] == "assistant":
            self._written[-1]["content"] += blocks
        else:
            self._written.append({"role": "assistant", "content": blocks})

    def user(self, blocks: list[Block]) -> None:
        if not self._written or self._written[-1]["role"] != "user":
            self._written.append({"role": "user", "content": []})
            self._results = 0
        if self._waiting:
            self._scope.lose("system_position")
        content: list[Block] = self._written[-1]["content"]
        for block in blocks:
            if block["type"] == "tool_result":
                content.insert(self._results, block)
                self._results += 1
            else:
                content.append(block)

    def finish(self) -> tuple[Content | None, list[Block]]:
        self._place_waiting()
        if not self._written:
            self._open_with_user()
        _end_in_words(self._written)
        system = self._system
        if len(system) == 1 and "cache_control" not in system[0]:
            return system[0]["text"], self._written
        return system or None, self._written

    def _place_waiting(self) -> None:
        """Behind the user's turn: Anthropic takes instructions there only. Those that follow none go to the top."""
        for blocks in self._waiting:
            if self._written[-1]["role"] == "assistant":
                self._scope.lose("system_position")
                self._system += blocks
            else:
                self._written.append({"role": "system", "content": blocks})
        self._waiting.clear()

    def _open_with_user(self) -> None:
        """A conversation must begin with the user, and some begin with a greeting, or with instructions alone."""
        self._scope.lose("order")
        self._written.append({"role": "user", "content": [{"type": "text", "text": "."}]})
