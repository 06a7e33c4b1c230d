"""The embedded runtime's child program, as a test sees it."""

from __future__ import annotations

import http.client
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ajar

TRIAGE_KEYS = ("intent", "urgency", "order_id", "product", "date", "amount")
MESSAGE = "My order #48213 arrived with a cracked lid, please send the money back"


def environment() -> dict[str, str]:
    """Where children find the package under test."""
    return {**os.environ, "PYTHONPATH": str(Path(ajar.__file__).parents[1])}


class Child:
    """One started runtime."""

    def __init__(self, model: Path, **settings: Any) -> None:
        start = {"kind": "start", "model": str(model), "alias": "tiny", "context": 512, "slots": 4, "threads": 1}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ajar.runtimes.llama_cpp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**start, "embedding": True, **settings}).encode() + b"\n")
        self.process.stdin.flush()
        self.base_url = ""

    def said(self) -> dict[str, Any]:
        """Its next line; {} where it ended without one."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 20)[0], "no word from the runtime"
        message: dict[str, Any] = json.loads(self.process.stdout.readline() or b"{}")
        self.base_url = message.get("base_url", "")
        return message

    def connect(self) -> http.client.HTTPConnection:
        """A connection to its server."""
        parts = urlsplit(self.base_url)
        assert parts.hostname
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one exchange; `path` begins behind the port."""
        connection = self.connect()
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"content-type": "application/json", **(headers or {})})
        response = connection.getresponse()
        answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        connection.close()
        return answer

    def chat(self, **fields: Any) -> Any:
        """A greedy chat completion."""
        body = {"model": "tiny", "messages": [{"role": "user", "content": MESSAGE}], "temperature": 0, **fields}
        status, _, answer = self.request("POST", "/v1/chat/completions", body)
        assert status == 200, answer
        return json.loads(answer)

    def end(self) -> int:
        """Close its stdin, as a parent that is gone does, and wait for its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            return self.process.wait(3)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


def triage_schema(keys: tuple[str, ...] = TRIAGE_KEYS) -> dict[str, Any]:
    """The `response_format` for the triage task, with the keys in this order."""
    text = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    kinds: dict[str, Any] = {"intent": {"type": "string"}, "urgency": {"enum": ["low", "normal", "high"]}}
    schema = {
        "type": "object",
        "properties": {key: kinds.get(key, text) for key in keys},
        "required": list(keys),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "triage", "strict": True, "schema": schema}}
