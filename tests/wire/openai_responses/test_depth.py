"""Values nested up to any depth are read and written, or refused; nothing else happens."""

from __future__ import annotations

import contextlib

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.errors import InvalidJson, UpstreamGarbage
from ajar.wire.back import Back
from ajar.wire.openai_responses.answer import Facts
from ajar.wire.openai_responses.answer_read import read_answer
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.error import read_error
from ajar.wire.openai_responses.request import ResponsesRequest
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.request_write import write_request
from ajar.wire.openai_responses.stateless import require_stateless
from ajar.wire.openai_responses.stream_read import StreamReader
from ajar.wire.openai_responses.stream_write import StreamWriter
from wire.openai_responses.samples import MADE, asked

DEPTHS = [100, 300, *range(400, 1100, 7), 100_000]
PLAIN = read_request(asked())


@pytest.mark.parametrize("depth", DEPTHS)
def test_depth(depth: int) -> None:
    deep = b'[{"a":' * depth + b"1" + b"}]" * depth
    with contextlib.suppress(InvalidJson):
        tool = b'{"type":"odd","x":%b},{"type":"function","name":"f","parameters":{"x":%b}}' % (deep, deep)
        body = b'{"model":"m","input":[{"type":"odd","x":%b}],"x":%b,"tools":[%b]}' % (deep, deep, tool)
        ResponsesRequest(body)
        request = read_request(body)
        require_stateless(request)
        write_request(request, Back(model="m"), Losses())
        StreamWriter(request, MADE, Losses())
    item = b'{"type":"odd","x":%b}' % deep
    answer = b'{"output":[%b],"x":%b,"error":null}' % (item, deep)
    with contextlib.suppress(UpstreamGarbage):
        write_answer(read_answer(answer), PLAIN, MADE, Losses())
    with contextlib.suppress(UpstreamGarbage):
        Facts().update(answer)
    event = b'data: {"type":"response.output_item.done","output_index":0,"item":%b}\n\n' % item
    with contextlib.suppress(UpstreamGarbage):
        StreamWriter(PLAIN, MADE, Losses()).write(StreamReader().feed(event))
    with contextlib.suppress(UpstreamGarbage):
        StreamReader().feed(b'data: {"type":"response.completed","response":%b}\n\n' % answer)
    read_error(400, b'{"error":{"message":%b,"details":%b}}' % (deep, deep))
