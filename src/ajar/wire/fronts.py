"""The formats that callers may speak: how their requests are looked at, and what they get to see beside answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ajar.wire.anthropic.answer import Facts as MessagesFacts
from ajar.wire.anthropic.answer_read import read_answer as read_messages_answer
from ajar.wire.anthropic.error import error_body as anthropic_error_body
from ajar.wire.anthropic.error import error_event as anthropic_error_event
from ajar.wire.anthropic.opening import failure_in as messages_failure_in
from ajar.wire.anthropic.opening import opening as messages_opening
from ajar.wire.anthropic.request import MessagesRequest
from ajar.wire.anthropic.stream import EventStream as MessagesStream
from ajar.wire.anthropic.stream_write import StreamWriter as MessagesWriter
from ajar.wire.facts import Facts
from ajar.wire.openai_chat.answer import Facts as ChatFacts
from ajar.wire.openai_chat.answer_read import read_answer as read_chat_answer
from ajar.wire.openai_chat.error import error_body as openai_error_body
from ajar.wire.openai_chat.error import error_event as chat_error_event
from ajar.wire.openai_chat.opening import failure_in as chat_failure_in
from ajar.wire.openai_chat.opening import opening as chat_opening
from ajar.wire.openai_chat.request import Request as ChatView
from ajar.wire.openai_chat.stream import EventStream as ChatStream
from ajar.wire.openai_chat.stream_write import StreamWriter as ChatWriter
from ajar.wire.openai_responses.answer import Facts as ResponsesFacts
from ajar.wire.openai_responses.answer_read import read_answer as read_responses_answer
from ajar.wire.openai_responses.error import error_body as responses_error_body
from ajar.wire.openai_responses.error import error_event as responses_error_event
from ajar.wire.openai_responses.opening import failure_in as responses_failure_in
from ajar.wire.openai_responses.opening import opening as responses_opening
from ajar.wire.openai_responses.request import ResponsesRequest
from ajar.wire.openai_responses.stream import EventStream as ResponsesStream
from ajar.wire.openai_responses.stream_write import StreamWriter as ResponsesWriter
from ajar.wire.refusal import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format
    from ajar.domain.dialog.request import ChatRequest
    from ajar.errors import AjarError
    from ajar.wire.made import Made
    from ajar.wire.opening import Failure, Opening


class View(Protocol):
    """A request as planning sees it: its bytes, and the few fields that are read of them."""

    @property
    def body(self) -> bytes:
        """As it came."""
        ...

    @property
    def model(self) -> str:
        """The route, or `deployment:NAME`."""
        ...

    @property
    def stream(self) -> bool:
        """Whether the answer is asked for as a stream."""
        ...

    @property
    def meterable(self) -> bool:
        """A streamed answer that carries usage only if Ajar asks for it."""
        ...

    def field(self, name: str) -> bytes | None:
        """The JSON text of a field of the body; None where it is absent."""
        ...

    def outgoing(self, model: bytes, *, meter: bool) -> bytes:
        """The body for an upstream of the same format, with its `model` (a JSON string)."""
        ...


class PassingStream(Protocol):
    """An upstream's stream of the caller's own format, on its way through."""

    most_held: int
    """The bytes of an unfinished event up to which it is held back. May be set."""

    @property
    def whole(self) -> bool:
        """Whether what was forwarded so far ends where an event does."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns those to forward now."""
        ...

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the end mark begins; -1 where it is not there."""
        ...

    def flush(self) -> bytes:
        """What never became a whole event."""
        ...

    def facts(self) -> tuple[Facts, bool]:
        """What the stream says of itself so far, and whether its end mark was there."""
        ...


class ReadFacts(Facts, Protocol):
    """The facts of an answer that passes through."""

    def update(self, data: bytes) -> object:
        """Take over what the whole answer says. Raises UpstreamGarbage where it is no JSON."""
        ...

    def update_from_tail(self, tail: bytes) -> None:
        """Take over what the end of a large answer says."""
        ...


class StreamWriter(Protocol):
    """A translated stream for the caller."""

    def write(self, events: list[Event]) -> bytes:
        """Whole events; after `Ended` the end marks are among them."""
        ...

    def fail(self, error: AjarError) -> bytes:
        """The last event where the stream breaks off."""
        ...


class Front(NamedTuple):
    """One path that callers post to."""

    title: str
    format: Format
    operation: str
    """What records call it, and which of a deployment's paths answers it as it is."""
    path: str
    translates: bool
    """Whether it can go to deployments of another format."""
    view: Callable[[bytes], View]
    error_body: Callable[[AjarError], bytes]
    error_event: Callable[[AjarError], bytes]
    passing: Callable[[bool], PassingStream]
    """Takes whether the usage that only Ajar asked for is to be taken out."""
    facts: Callable[[], ReadFacts]
    """Makes those of a whole answer, to be read from its text."""
    writer: Callable[[ChatRequest, Made, Losses], StreamWriter]
    opening: Callable[[bytes], Opening]
    """What whole events of a stream that passes open with: those that `feed` returned since the last call."""
    failure_in: Callable[[bytes], Failure | None]
    """The error that a whole answer of status 200 is; None for an answer. Cheap for those."""
    refused: Callable[[int, bytes], bool]
    """Whether a whole answer with this status is a refusal on grounds of safety. Not cheap."""
    ping: bytes = b": ping\n\n"
    """What keeps a stream's caller connected between two events. The official clients pass over it."""


def _chat(body: bytes) -> View:
    return ChatView(body, "chat")


def _embeddings(body: bytes) -> View:
    return ChatView(body, "embeddings")


def _responses(body: bytes) -> View:
    return ResponsesRequest(body)


def _messages(body: bytes) -> View:
    return MessagesRequest(body, "messages")


def _count(body: bytes) -> View:
    return MessagesRequest(body, "count_tokens")


def _chat_stream(clean: bool) -> PassingStream:
    return ChatStream(clean=clean)


def _responses_stream(clean: bool) -> PassingStream:
    return ResponsesStream(clean=clean)


def _messages_stream(clean: bool) -> PassingStream:
    return MessagesStream(clean=clean)


CHAT = Front(
    "Chat Completions",
    "openai-chat",
    "chat",
    "openai-chat",
    True,
    _chat,
    openai_error_body,
    chat_error_event,
    _chat_stream,
    ChatFacts,
    ChatWriter,
    chat_opening,
    chat_failure_in,
    partial(refused, read_chat_answer),
)
EMBEDDINGS = CHAT._replace(
    title="embeddings", operation="embeddings", path="embeddings", translates=False, view=_embeddings
)
RESPONSES = Front(
    "Responses",
    "openai-responses",
    "responses",
    "openai-responses",
    True,
    _responses,
    responses_error_body,
    responses_error_event,
    _responses_stream,
    ResponsesFacts,
    ResponsesWriter,
    responses_opening,
    responses_failure_in,
    partial(refused, read_responses_answer),
)
COMPACT = RESPONSES._replace(title="compaction", operation="compact", path="openai-responses-compact", translates=False)
MESSAGES = Front(
    "Messages",
    "anthropic",
    "messages",
    "anthropic",
    True,
    _messages,
    anthropic_error_body,
    anthropic_error_event,
    _messages_stream,
    MessagesFacts,
    MessagesWriter,
    messages_opening,
    messages_failure_in,
    partial(refused, read_messages_answer),
    b'event: ping\ndata: {"type": "ping"}\n\n',
)
COUNT_TOKENS = MESSAGES._replace(
    title="token counting",
    operation="count_tokens",
    path="anthropic-count",
    translates=False,
    view=_count,
)
