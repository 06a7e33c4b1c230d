"""`data:` URLs (RFC 2397): content that stands in the request itself."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_MOST_HEAD = 200


class DataUrl(NamedTuple):
    """`mime` with its parameters, as written; `data` is standard base64."""

    mime: str
    data: str


def parse_data_url(url: str) -> DataUrl | None:
    """The parts of a `data:` URL, its content as base64 whether written so or not; None for any other URL."""
    if url[:5] != "data:" and url[:5].lower() != "data:":
        return None
    comma = url.find(",", 5, _MOST_HEAD)
    if comma < 0:
        return None
    head = url[5:comma]
    if head[-7:].lower() == ";base64":
        data = url[comma + 1 :]
        return DataUrl(head[:-7] or "text/plain", unquote_to_bytes(data).decode("latin-1") if "%" in data else data)
    return DataUrl(head or "text/plain", b64encode(unquote_to_bytes(url[comma + 1 :])).decode())


def data_url(mime: str, data: str) -> str:
    """A `data:` URL of base64."""
    return f"data:{mime};base64,{data}"
