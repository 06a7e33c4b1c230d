"""The model of the benchmark of harnesses: answers each case as `cases.py` says, after `DELAY_S`.

`python answering.py` prints `{"port": N}` and serves until its stdin ends. `POST /counts` tells how many cases were
asked since the last `POST /counts`, and how many at once at most.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop
from cases import MODEL, answer, number_in

sys.path.append(str(Path(__file__).resolve().parent.parent))

import mock_upstream

DELAY_S = 0.02
"""No model answers at once; a harness that finds many answers at each look would seem cheaper than it is."""

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_BAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Answering(mock_upstream.Connection):
    """One connection of a harness."""

    asked = 0
    now = 0
    most = 0

    def answer(self, request: bytes) -> None:
        """Answer later."""
        if request.startswith(b"POST /counts "):
            self._transport.write(_written({"asked": Answering.asked, "most": Answering.most}))
            Answering.asked = Answering.most = 0
            return
        try:
            case = number_in(request)
        except ValueError:
            self._transport.write(_BAD)
            return
        Answering.asked += 1
        Answering.now += 1
        Answering.most = max(Answering.most, Answering.now)
        asyncio.get_running_loop().call_later(DELAY_S, self._say, case)

    def _say(self, case: int) -> None:
        Answering.now -= 1
        self._transport.write(_written(_body(case)))


def _written(value: dict[str, Any]) -> bytes:
    body = json.dumps(value).encode()
    return _HEAD % (len(body), body)


def _body(case: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer(case)}
    return {
        "id": f"chatcmpl-{case}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 72, "completion_tokens": 2, "total_tokens": 74},
    }


if __name__ == "__main__":
    uvloop.run(mock_upstream.serve(Answering))
