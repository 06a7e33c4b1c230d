"""The official client reads what is written: whole answers, streams and errors, over HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import anthropic
import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UnknownModel, UpstreamClosed
from ajar.wire.anthropic.answer_write import write_answer
from ajar.wire.anthropic.error import error_body
from ajar.wire.anthropic.request_read import read_request
from ajar.wire.anthropic.request_write import write_request
from ajar.wire.anthropic.stream_write import StreamWriter
from ajar.wire.back import Back
from ajar.wire.made import Made
from wire.anthropic.test_stream_write import CHAT, DONE

if TYPE_CHECKING:
    from collections.abc import Iterator

from ajar.domain.dialog.events import ArgumentsDelta, Closed, Event, Opened, TextDelta

MADE = Made("0197c0de-0000-7000-8000-0123456789ab", 1, "claude-x")
PARTS = [Reasoning("hm", "sig"), Text("hello"), ToolCall("c1", "f", '{"a":1}')]
STEPS: list[Event] = [
    CHAT,
    Opened(0, Text("")),
    TextDelta(0, "hel"),
    TextDelta(0, "lo"),
    Closed(0),
    Opened(1, ToolCall("c1", "f", "")),
    ArgumentsDelta(1, '{"a":1}'),
    Closed(1),
    *DONE,
]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = read_request(self.rfile.read(int(self.headers["content-length"])))
        if request.model == "nowhere":
            self._answer(404, "application/json", error_body(UnknownModel("no such route")))
        elif request.stream:
            writer = StreamWriter(request, MADE, Losses())
            steps = STEPS[:4] if request.model == "broken" else STEPS
            out = b"".join(writer.write([step]) for step in steps)
            if request.model == "broken":
                out += writer.fail(UpstreamClosed("cut"))
            self._answer(200, "text/event-stream", out)
        else:
            answer = Answer(
                format="openai-chat", parts=[*PARTS], finish=Finish("tool_calls"), model="gpt", usage=Usage(9, 5, 4)
            )
            self._answer(200, "application/json", write_answer(answer, request, MADE, Losses()))

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def client() -> Iterator[anthropic.Anthropic]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with anthropic.Anthropic(
        base_url=f"http://127.0.0.1:{server.server_port}", api_key="none", max_retries=0
    ) as client:
        yield client
    server.shutdown()
    server.server_close()


ASK: Any = {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def test_a_whole_answer(client: anthropic.Anthropic) -> None:
    message = client.messages.create(model="r", **ASK)
    thinking, text, call = message.content
    assert (thinking.type, text.type, call.type) == ("thinking", "text", "tool_use")
    assert (thinking.signature, text.text, call.input) == ("sig", "hello", {"a": 1})  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.input_tokens) == ("tool_use", 5)


def test_an_answer_that_is_sent_back(client: anthropic.Anthropic) -> None:
    message = client.messages.create(model="r", **ASK)
    body = {"model": "m", **ASK}
    body["messages"] = [
        *body["messages"],
        json.loads(json.dumps(message.to_param(), default=lambda each: each.to_dict())),
    ]
    losses = Losses()
    request = read_request(json.dumps(body).encode())
    written = json.loads(write_request(request, Back(model="m", keeps=lambda value: value == "sig"), losses))
    assert written["messages"][1] == body["messages"][1]
    assert not losses


def test_a_stream(client: anthropic.Anthropic) -> None:
    with client.messages.stream(model="r", **ASK) as stream:
        texts = list(stream.text_stream)
        message = stream.get_final_message()
    assert texts == ["hel", "lo"]
    assert message.content[1].input == {"a": 1}  # type: ignore[union-attr]
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("tool_use", 6, 5)


def test_errors(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="no such route"):
        client.messages.create(model="nowhere", **ASK)
    with pytest.raises(anthropic.APIStatusError, match="cut"), client.messages.stream(model="broken", **ASK) as stream:
        list(stream.text_stream)
