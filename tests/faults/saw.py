"""What an answer meant to its caller."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from faults.caller import Heard

Kind = Literal["answer", "error", "broken", "cut", "hung", "nonsense"]
"""answer: whole, with a clean end; error: a status, with the format's error; broken: a stream that ends with the
format's error event; cut: an end that is none; nonsense: against the format."""


@dataclass(frozen=True)
class Saw:
    """`code` is the error's, where its format has one."""

    kind: Kind
    status: int
    text: str = ""
    code: str | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """For people."""
        if self.kind == "answer":
            return f"{self.status} {self.text!r}"
        return f"{self.kind} {self.status} {self.text!r} {self.code or ''} {self.why}".rstrip()


def saw(front: str, stream: bool, heard: Heard) -> Saw:
    """Read the answer as a client of this format would."""
    if heard.hung:
        return Saw("hung", heard.status, why=f"after {heard.body[-200:]!r}")
    try:
        if heard.status != 200:
            return _error(front, heard)
        if stream:
            return _stream(front, heard)
        return _whole(front, heard)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        return Saw("nonsense", heard.status, why=f"{error!r} in {heard.body[-300:]!r}")


def _error(front: str, heard: Heard) -> Saw:
    if not heard.whole:
        return Saw("cut", heard.status)
    value = json.loads(heard.body)
    code = _code(front, value)
    if not value["error"]["message"]:
        raise ValueError("an error without words")
    return Saw("error", heard.status, code=None if code is None else str(code))


def _code(front: str, value: dict[str, Any]) -> Any:
    """That of an error in this format's shape."""
    error = value["error"]
    if front == "anthropic":
        if value["type"] != "error" or not isinstance(error["type"], str) or not isinstance(error["message"], str):
            raise ValueError("no error of this format")
        return None
    if not isinstance(error["message"], str) or not isinstance(error["type"], str):
        raise ValueError("no error of this format")
    return error.get("code")


def _whole(front: str, heard: Heard) -> Saw:
    if not heard.whole:
        return Saw("cut", heard.status)
    value = json.loads(heard.body.decode("utf-8", "replace"))
    if front == "openai-chat":
        text = value["choices"][0]["message"]["content"]
    elif front == "openai-responses":
        text = "".join(part["text"] for item in value["output"] for part in item["content"])
    else:
        text = "".join(block["text"] for block in value["content"])
    return Saw("answer", heard.status, text)


def _stream(front: str, heard: Heard) -> Saw:
    if not heard.headers["content-type"].startswith("text/event-stream"):
        raise ValueError("no event stream")
    body = heard.body.decode("utf-8", "replace")
    if heard.size > len(heard.body):
        body = body[:100_000] + "\n\n" + body[-100_000:].partition("\n\n")[2]
    *events, rest = body.replace("\r\n", "\n").split("\n\n")
    text, end, code = _said(front, (event for event in events if event))
    if rest and end is not None:
        raise ValueError(f"half an event at the end: {rest[:100]!r}")
    if not heard.whole or end is None:
        return Saw("cut", heard.status, text, why=body[-100:])
    return Saw("answer" if end == "clean" else "broken", heard.status, text, code)


def _said(front: str, events: Iterable[str]) -> tuple[str, Literal["clean", "error"] | None, str | None]:
    """The text, how it ends, and the code of the error that ends it. Nothing may come behind an end."""
    said: list[str] = []
    end: Literal["clean", "error"] | None = None
    code = None
    for event in events:
        name, data = _fields(event)
        if data is None:
            continue  # a comment
        if end is not None and not (end == "error" and name == "response.failed"):
            raise ValueError(f"something behind the end: {event[:100]!r}")
        if data == "[DONE]" and front == "openai-chat":
            end = "clean"
            continue
        value = json.loads(data)
        if value.get("type") == "error" or (front == "openai-chat" and value.get("error")):
            end, code = "error", _event_code(front, name, value)
            code = None if code is None else str(code)
        elif value.get("type") == "response.failed":
            end, code = "error", value["response"]["error"]["code"]
        elif front == "openai-chat":
            said += [choice["delta"].get("content") or "" for choice in value["choices"]]
        else:
            said.append(_words(value))
            end = _end(value, "".join(said))
    return "".join(said), end, code


def _fields(event: str) -> tuple[str | None, str | None]:
    name = data = None
    for line in event.split("\n"):
        field, _, value = line.partition(":")
        if field == "data":
            data = value.strip()
        elif field == "event":
            name = value.strip()
    return name, data


def _event_code(front: str, name: str | None, value: dict[str, Any]) -> Any:
    """That of an error event in this format's shape."""
    if front == "openai-responses":
        if name != "error" or not isinstance(value["message"], str) or "sequence_number" not in value:
            raise ValueError("no error event of this format")
        return value["code"]
    if front == "anthropic" and name != "error":
        raise ValueError("no error event of this format")
    return value["error"].get("code") if front == "openai-chat" else _code(front, value)


def _words(value: dict[str, Any]) -> str:
    if value["type"] == "response.output_text.delta":
        return value["delta"]
    if value["type"] == "content_block_delta":
        return value["delta"]["text"]
    return ""


def _end(value: dict[str, Any], said: str) -> Literal["clean"] | None:
    if value["type"] == "response.completed":
        told = "".join(part["text"] for item in value["response"]["output"] for part in item["content"])
        if told != said:
            raise ValueError(f"{told!r} in the end is not {said!r} before")
        return "clean"
    return "clean" if value["type"] == "message_stop" else None
