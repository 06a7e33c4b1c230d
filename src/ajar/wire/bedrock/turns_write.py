"""Messages as Converse's turns: user and assistant by turns, tool results first, system apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.wire.bedrock.blocks_write import add_cache_point, write_blocks
from ajar.wire.result_order import results_after_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest, Message
    from ajar.wire.bedrock.target import Target

_Block = dict[str, Any]


class Turns:
    """The turns so far. Two of the same role are joined, save where the request already was one of Converse's."""

    __slots__ = ("_results", "_target", "_tool", "system", "turns")

    def __init__(self, target: Target) -> None:
        self.system: list[_Block] = []
        self.turns: list[dict[str, Any]] = []
        self._target = target
        self._results = 0
        """How many blocks at the last turn's beginning are tool results and their cache points."""
        self._tool = False
        """Whether the last message was of tool results."""

    def add(self, message: Message) -> None:
        """Add a message's blocks to the last turn, or to one of their own."""
        target, role = self._target, message.role
        if message.name is not None:
            target.losses.add("messages.name")
        if role in ("system", "developer"):
            self._instruct(message)
            return
        wire = "assistant" if role == "assistant" else "user"
        blocks = write_blocks(message.parts, target, media=wire == "user")
        rest = target.rest("messages", message.rest)
        last = self.turns[-1] if self.turns else None
        joins = self._tool and role == "user" if target.same else bool(blocks)
        if last is None or last["role"] != wire or not joins:
            if blocks or target.same:
                self._results = len(blocks) if role == "tool" else 0
                self.turns.append({"role": wire, "content": blocks, **rest})
        elif role == "tool":
            last["content"][self._results : self._results] = blocks
            self._results += len(blocks)
        else:
            last["content"] += blocks
        self._tool = role == "tool"

    def _instruct(self, message: Message) -> None:
        """What leads goes where Converse has it; what stands later goes there too, unless the model may read it."""
        target = self._target
        blocks = write_blocks(message.parts, target, media=False)
        rest = target.rest("messages", message.rest)
        late = bool(self.turns)
        # A request of Converse's own has turns of role `system`, told from its field by the role `developer`.
        stays = message.role == "developer" if target.same else late and "mid_system" in target.back.quirks
        if stays and (blocks or target.same):
            self.turns.append({"role": "system", "content": blocks, **rest})
            self._tool = False
            return
        if late and blocks:
            target.losses.add("messages.system_position")
        self.system += blocks


def write_turns(request: ChatRequest, target: Target) -> tuple[list[_Block], list[_Block]]:
    """The fields `system` and `messages`. Raises InvalidField."""
    turns = Turns(target)
    for message in request.messages if target.same else results_after_calls(request.messages, joined=True):
        turns.add(message)
    if not target.same:
        if not turns.turns or turns.turns[0]["role"] != "user":
            target.lose("order")  # a conversation must begin with the user
            turns.turns.insert(0, {"role": "user", "content": [{"text": "."}]})
        for turn in turns.turns:
            _accompany(turn["content"])
        _end_in_words(turns.turns[-1])
    if request.cache is not None:
        content = turns.turns[-1]["content"] if turns.turns else turns.system
        add_cache_point(content, request.cache, target)
    return turns.system, turns.turns


def _end_in_words(turn: _Block) -> None:
    """Take the white space off the end of an answer that the model is to go on with: Claude refuses it there."""
    last = turn["content"][-1]
    if "cachePoint" in last and len(turn["content"]) > 1:
        last = turn["content"][-2]
    if turn["role"] == "assistant" and "text" in last:
        last["text"] = last["text"].rstrip()


def _accompany(blocks: list[_Block]) -> None:
    """A document is refused in a turn that has no text: its name is said."""
    name = next((block["document"]["name"] for block in blocks if "document" in block), None)
    if name is not None and not any("text" in block for block in blocks):
        blocks.append({"text": f"Document: {name}"})
