"""Requests in Anthropic's form and as dialogs, for the tests of this format."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Text
from ajar.domain.dialog.request import ChatRequest, Message
from ajar.wire.anthropic.request_read import read_request
from ajar.wire.anthropic.request_write import write_request
from ajar.wire.back import Back

CACHE = {"type": "ephemeral", "ttl": "1h"}
ALL = Back(model="claude-x", keeps=lambda _: True)
NONE = Back(model="claude-x")
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
HI = Message("user", [Text("hi")])


def chat(*messages: Message, **fields: Any) -> ChatRequest:
    return ChatRequest(**{"format": "openai-chat", "model": "r", "messages": list(messages) or [HI], **fields})


def write(request: ChatRequest, back: Back = ALL) -> tuple[bytes, tuple[str, ...]]:
    losses = Losses()
    return write_request(request, back, losses), losses.names


def again(body: dict[str, Any], back: Back = ALL) -> tuple[dict[str, Any], tuple[str, ...]]:
    out, lost = write(read_request(json.dumps(body).encode()), back)
    return json.loads(out), lost


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(
    ["text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document", "server_tool_use"]
)
BLOCK = st.fixed_dictionaries(
    {"type": KINDS | JSON},
    optional={
        "text": st.text(max_size=5) | JSON,
        "thinking": st.text(max_size=5),
        "signature": st.text(max_size=5) | JSON,
        "data": st.text(max_size=5),
        "id": st.text(max_size=5) | JSON,
        "name": st.text(max_size=5),
        "input": st.dictionaries(st.text(max_size=3), JSON, max_size=2) | JSON,
        "tool_use_id": st.text(max_size=5),
        "content": st.text(max_size=5) | st.lists(JSON, max_size=2),
        "source": st.fixed_dictionaries(
            {"type": st.sampled_from(["base64", "url", "file", "text", "content"]) | JSON},
            optional={"data": st.text(max_size=5) | JSON, "url": JSON, "media_type": st.text(max_size=5)},
        )
        | JSON,
        "citations": st.lists(JSON, max_size=2) | JSON,
        "cache_control": JSON,
    },
)
MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system"]) | JSON,
        "content": st.text(max_size=5) | st.lists(BLOCK, max_size=3) | JSON,
    }
)
BODY = st.fixed_dictionaries(
    {"model": st.text(max_size=5) | JSON, "messages": st.lists(MESSAGE, max_size=3) | JSON},
    optional=dict.fromkeys(
        ("system", "tools", "tool_choice", "thinking", "output_config", "metadata", "stream", "max_tokens"), JSON
    ),
)
