"""What OpenAI refuses and other APIs' clients send all the time, in both of its formats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.wire.anthropic.request_read import read_request
from ajar.wire.back import Back
from ajar.wire.openai_chat.request_write import write_request as write_chat
from ajar.wire.openai_responses.request_write import write_request as write_responses

REQUEST: dict[str, Any] = {
    "model": "m",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "hi"}],
    "metadata": {"user_id": "u" * 150},
    "tools": [{"name": "t", "input_schema": {"type": "object"}}],
}


@pytest.mark.parametrize("write", [write_chat, write_responses])
def test_long_users_and_objects_without_properties(write: Any) -> None:
    losses = Losses()
    body = json.loads(write(read_request(json.dumps(REQUEST).encode()), Back(model="gpt"), losses))
    tool = body["tools"][0].get("function", body["tools"][0])
    assert tool["parameters"] == {"type": "object", "properties": {}}
    assert len(body["user"]) == 64
    again = json.loads(write(read_request(json.dumps(REQUEST).encode()), Back(model="gpt"), losses))
    assert again["user"] == body["user"], "one user stays one user"
