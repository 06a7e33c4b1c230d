"""Every format by its name: what it can do on a deployment's side, and on the caller's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ajar.wire.anthropic.answer_read import read_answer as read_anthropic_answer
from ajar.wire.anthropic.answer_write import write_answer as write_anthropic_answer
from ajar.wire.anthropic.error import read_error as read_anthropic_error
from ajar.wire.anthropic.opening import failure_in as anthropic_failure_in
from ajar.wire.anthropic.request_read import read_request as read_anthropic_request
from ajar.wire.anthropic.request_write import write_request as write_anthropic_request
from ajar.wire.anthropic.stream_read import StreamReader as AnthropicStreamReader
from ajar.wire.bedrock.answer_read import read_answer as read_bedrock_answer
from ajar.wire.bedrock.answer_write import write_answer as write_bedrock_answer
from ajar.wire.bedrock.error import read_error as read_bedrock_error
from ajar.wire.bedrock.opening import failure_in as bedrock_failure_in
from ajar.wire.bedrock.request_read import read_request as read_bedrock_request
from ajar.wire.bedrock.request_write import write_request as write_bedrock_request
from ajar.wire.bedrock.stream_read import StreamReader as BedrockStreamReader
from ajar.wire.gemini.answer_read import read_answer as read_gemini_answer
from ajar.wire.gemini.answer_write import write_answer as write_gemini_answer
from ajar.wire.gemini.error import read_error as read_gemini_error
from ajar.wire.gemini.opening import failure_in as gemini_failure_in
from ajar.wire.gemini.request_read import read_request as read_gemini_request
from ajar.wire.gemini.request_write import write_request as write_gemini_request
from ajar.wire.gemini.stream_read import StreamReader as GeminiStreamReader
from ajar.wire.openai_chat.answer_read import read_answer as read_chat_answer
from ajar.wire.openai_chat.answer_write import write_answer as write_chat_answer
from ajar.wire.openai_chat.error import read_error as read_chat_error
from ajar.wire.openai_chat.opening import failure_in as chat_failure_in
from ajar.wire.openai_chat.request_read import read_request as read_chat_request
from ajar.wire.openai_chat.request_write import write_request as write_chat_request
from ajar.wire.openai_chat.stream_read import StreamReader as ChatStreamReader
from ajar.wire.openai_responses.answer_read import read_answer as read_responses_answer
from ajar.wire.openai_responses.answer_write import write_answer as write_responses_answer
from ajar.wire.openai_responses.error import read_error as read_responses_error
from ajar.wire.openai_responses.opening import failure_in as responses_failure_in
from ajar.wire.openai_responses.request_read import read_request as read_responses_request
from ajar.wire.openai_responses.request_write import write_request as write_responses_request
from ajar.wire.openai_responses.stream_read import StreamReader as ResponsesStreamReader
from ajar.wire.refusal import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.back import Back
    from ajar.wire.made import Made
    from ajar.wire.opening import Failure
    from ajar.wire.read_error import ReadError


class StreamReader(Protocol):
    """An upstream's stream, read at any split."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. Raises UpstreamGarbage."""
        ...

    def finish(self) -> list[Event]:
        """The body is over: what that completes. Raises UpstreamGarbage."""
        ...


class Speech(NamedTuple):
    """How a format is read and written."""

    read_request: Callable[[bytes], ChatRequest]
    write_request: Callable[[ChatRequest, Back, Losses], bytes]
    read_answer: Callable[[bytes], Answer]
    write_answer: Callable[[Answer, ChatRequest, Made, Losses], bytes]
    read_error: Callable[[int, bytes], ReadError]
    stream_reader: Callable[[], StreamReader]
    failure_in: Callable[[bytes], Failure | None]
    """The error that a whole answer of status 200 is; None for an answer. Cheap for those."""
    refused: Callable[[int, bytes], bool]
    """Whether a whole answer with this status is a refusal on grounds of safety. Not cheap."""
    stream_kind: bytes = b"text/event-stream"


FORMATS: dict[Format, Speech] = {
    "openai-chat": Speech(
        read_chat_request,
        write_chat_request,
        read_chat_answer,
        write_chat_answer,
        read_chat_error,
        ChatStreamReader,
        chat_failure_in,
        partial(refused, read_chat_answer),
    ),
    "openai-responses": Speech(
        read_responses_request,
        write_responses_request,
        read_responses_answer,
        write_responses_answer,
        read_responses_error,
        ResponsesStreamReader,
        responses_failure_in,
        partial(refused, read_responses_answer),
    ),
    "anthropic": Speech(
        read_anthropic_request,
        write_anthropic_request,
        read_anthropic_answer,
        write_anthropic_answer,
        read_anthropic_error,
        AnthropicStreamReader,
        anthropic_failure_in,
        partial(refused, read_anthropic_answer),
    ),
    "gemini": Speech(
        read_gemini_request,
        write_gemini_request,
        read_gemini_answer,
        write_gemini_answer,
        read_gemini_error,
        GeminiStreamReader,
        gemini_failure_in,
        partial(refused, read_gemini_answer),
    ),
    "bedrock": Speech(
        read_bedrock_request,
        write_bedrock_request,
        read_bedrock_answer,
        write_bedrock_answer,
        read_bedrock_error,
        BedrockStreamReader,
        bedrock_failure_in,
        partial(refused, read_bedrock_answer),
        b"application/vnd.amazon.eventstream",
    ),
}
"""What translation goes through; `wire/fronts.py` has what only callers see."""
