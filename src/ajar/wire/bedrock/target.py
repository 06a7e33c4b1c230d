"""What writing a Converse request needs to know everywhere: for whom, from where, and what gets lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.bedrock.model import ways_of
from ajar.wire.json_fields import said
from ajar.wire.opaque_parts import values_in_parts

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Foreign, Format, Rest
    from ajar.wire.back import Back

# What a loss is called in the words of each format that a request may come in, where that is not its plain name.
_WORDS: dict[Format, dict[str, str]] = {
    "openai-chat": {
        "citations": "messages.annotations",
        "custom_tool_call": "messages.tool_calls.custom",
        "effort": "reasoning_effort",
        "options": "thinking",
        "opaque": "reasoning_details",
        "order": "messages.order",
        "refusal": "messages.refusal",
        "thinking": "reasoning_content",
        "strict": "response_format.json_schema.strict",
    },
    "openai-responses": {
        "citations": "content.annotations",
        "effort": "reasoning.effort",
        "opaque": "reasoning.encrypted_content",
        "order": "input.order",
        "refusal": "content.refusal",
        "response_format": "text.format",
        "strict": "text.format.strict",
        "options": "reasoning",
        "summary": "reasoning.summary",
        "thinking": "reasoning",
        "verbosity": "text.verbosity",
    },
    "anthropic": {
        "budget": "thinking.budget_tokens",
        "citations": "content.citations",
        "display": "thinking.display",
        "effort": "output_config.effort",
        "options": "thinking",
        "opaque": "thinking.signature",
        "order": "messages.order",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        "response_format": "output_config.format",
        "stop": "stop_sequences",
        "user": "metadata.user_id",
    },
    "gemini": {"opaque": "thought_signature", "options": "generationConfig.thinkingConfig"},
    "bedrock": {"opaque": "reasoningContent.signature"},
}


class Target:
    """The deployment, what its model takes, and the losses on the way there.

    `same` says that the request came in as a Converse request: what only that format knows is put back.
    """

    __slots__ = ("_words", "back", "losses", "names", "same", "ways")

    def __init__(self, back: Back, source: Format, losses: Losses) -> None:
        self.back = back
        self.losses = losses
        self.same = source == "bedrock"
        self.ways = ways_of(back.model)
        self.names: set[str] = set()
        """Names of documents in use, in lower case."""
        self._words = _WORDS[source]

    def word(self, what: str) -> str:
        """What something is called in the request's format."""
        return self._words.get(what, what)

    def lose(self, what: str) -> None:
        """Name the loss of something in the words of the request's format."""
        self.losses.add(self.word(what))

    def rest(self, where: str, rest: Rest) -> Rest:
        """The unknown fields to put back; of another format they are lost."""
        if self.same:
            return rest
        if rest:
            self.losses.add_rest(where, said(rest))
        return {}

    def keeps(self, value: str) -> bool:
        """Whether an opaque value may go to the deployment; its loss is named where it may not."""
        if self.back.keeps(value):
            return True
        self.lose("opaque")
        return False

    def foreign(self, part: Foreign) -> bool:
        """Whether a block that one format only knows can be put back; its loss is named where it cannot."""
        if part.format == "bedrock" and all(map(self.back.keeps, values_in_parts((part,)))):
            return True
        self.losses.add(part.kind)
        return False
