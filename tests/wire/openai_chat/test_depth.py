"""Values nested up to any depth are read and written, or refused; nothing else happens."""

from __future__ import annotations

import contextlib

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.errors import InvalidJson, UpstreamGarbage
from ajar.wire.back import Back
from ajar.wire.openai_chat.answer_read import read_answer
from ajar.wire.openai_chat.error import read_error
from ajar.wire.openai_chat.request_read import read_request
from ajar.wire.openai_chat.request_write import write_request
from ajar.wire.openai_chat.stream_read import StreamReader

DEPTHS = [100, 300, *range(400, 1100, 7), 100_000]


def nested(depth: int) -> bytes:
    return b'[{"a":' * depth + b"1" + b"}]" * depth


def thinking(depth: int) -> bytes:
    return b'[{"type":"thinking","thinking":' * depth + b"[]" + b"}]" * depth


@pytest.mark.parametrize("depth", DEPTHS)
def test_depth(depth: int) -> None:
    for deep in (nested(depth), thinking(depth)):
        with contextlib.suppress(InvalidJson):
            body = b'{"model":"m","messages":[],"x":%b,"response_format":{"type":"text","y":%b}}' % (deep, deep)
            write_request(read_request(body), Back(model="m"), Losses())
        message = b'{"content":%b,"x":%b,"tool_calls":[{"function":{"name":"f","arguments":%b}}]}' % (deep, deep, deep)
        with contextlib.suppress(UpstreamGarbage):
            read_answer(b'{"choices":[{"message":%b}]}' % message)
        with contextlib.suppress(UpstreamGarbage):
            StreamReader().feed(b'data: {"choices":[{"delta":%b}]}\n\n' % message)
        StreamReader().finish()
        read_error(400, b'{"error":{"message":%b,"details":%b}}' % (deep, deep))
