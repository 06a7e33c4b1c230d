"""Recorded provider traffic: real requests and the real answers to them.

Looked for in `AJAR_RECORDINGS`, else in `../shared/recordings` beside the checkout. It is no part of the project: a
test that wants it takes `exchanges(...)` as its parameters and is skipped, with a word, where it is not there.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_FALLBACK = Path(__file__).resolve().parents[2] / "shared" / "recordings"


@dataclass(frozen=True)
class Exchange:
    """One recorded request and its answer. Bodies that were kept as parsed JSON are encoded anew."""

    name: str
    """`provider/file#number`."""
    url: str
    request: bytes
    status: int
    headers: dict[str, str]
    """Of the answer, names in lower case."""
    answer: bytes

    @property
    def kind(self) -> str:
        """The answer's content type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def streamed(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.kind in {"text/event-stream", "application/vnd.amazon.eventstream"}


def folder() -> Path | None:
    """Where the recordings are; None where there are none."""
    given = os.environ.get("AJAR_RECORDINGS")
    path = Path(given) if given else _FALLBACK
    return path if path.is_dir() else None


def absent() -> str:
    """Why there are none."""
    given = os.environ.get("AJAR_RECORDINGS")
    return (
        "AJAR_RECORDINGS names no folder" if given else "AJAR_RECORDINGS is not set and ../shared/recordings is absent"
    )


def exchanges(provider: str, url: str, wanted: Callable[[Exchange], bool] = lambda _: True) -> Any:
    """A decorator: runs the test with `exchange` for each recorded exchange of `provider` whose URL matches `url`."""
    found = [each for each in load(provider) if re.search(url, each.url) and wanted(each)]
    if not found:
        skip = pytest.mark.skip(reason=absent() if folder() is None else "nothing of the kind was recorded")
        return pytest.mark.parametrize("exchange", [pytest.param(None, id="no-recordings", marks=skip)])
    return pytest.mark.parametrize("exchange", found, ids=lambda each: each.name)


def earlier(exchange: Exchange) -> list[Exchange]:
    """What was recorded before it in the same conversation."""
    file, _, number = exchange.name.partition("#")
    provider = file.partition("/")[0]
    numbered = [(each.name.partition("#"), each) for each in load(provider)]
    return [each for (name, _, at), each in numbered if name == file and int(at) < int(number)]


@cache
def load(provider: str) -> tuple[Exchange, ...]:
    """Every exchange recorded with `provider`; none where there are no recordings."""
    base = folder()
    if base is None:
        return ()
    import yaml

    found: list[Exchange] = []
    for path in sorted((base / provider).glob("*.yaml")):
        cassette = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)  # a safe loader, in C
        for number, each in enumerate(cassette.get("interactions", ())):
            if "request" in each:
                found.append(_exchange(f"{provider}/{path.stem}#{number}", each["request"], each["response"]))
    return tuple(found)


def _exchange(name: str, request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    headers = {key.lower(): _text(value) for key, value in response["headers"].items()}
    return Exchange(
        name=name,
        url=request["uri"],
        request=_body(request),
        status=response["status"]["code"],
        headers=headers,
        answer=_body(response),
    )


def _body(message: dict[str, Any]) -> bytes:
    if "parsed_body" in message:
        return json.dumps(message["parsed_body"], ensure_ascii=False).encode()
    body = message.get("body")
    if isinstance(body, dict):
        body = body.get("string")
    return body.encode() if isinstance(body, str) else body or b""


def _text(value: Any) -> str:
    first = value[0] if isinstance(value, list) else value
    return first.decode("latin-1") if isinstance(first, bytes) else str(first)
