"""Images, documents, sounds and films as Converse's blocks: bytes, or a place in S3."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ajar.wire.bedrock.kinds import format_of
from ajar.wire.bedrock.shapes import as_text, only

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Media
    from ajar.wire.bedrock.target import Target

_refused = re.compile(r"[^A-Za-z0-9\-()\[\] ]+")
_spaces = re.compile(r" {2,}")
_MOST_NAME = 180  # of 200, so that a number fits


def write_media(part: Media, target: Target) -> dict[str, Any] | None:
    """The block; None, with the loss named, where Converse cannot have it.

    A document must have a name, of few characters, that no other document of the request has.
    """
    if target.same:
        return _back(part)
    source = _source(part, target)
    if source is None:
        return None
    name = format_of(part.kind, part.mime or ("text/plain" if part.text is not None else None), part.name or part.url)
    if name is None:
        target.losses.add(f"content.{part.kind}")
        return None
    if part.detail not in (None, "auto"):
        target.losses.add("content.detail")
    block: dict[str, Any] = {"format": name, "source": source}
    rest = part.rest
    if part.kind == "document":
        block = {"format": name, "name": _name(part, name, target), "source": source, **_about(rest)}
        rest = {key: value for key, value in rest.items() if key not in block}
    elif part.name is not None:
        target.losses.add("content.name")
    target.rest("content", rest)
    return {part.kind: block}


def _back(part: Media) -> dict[str, Any]:
    """The block that was read."""
    rest = {key: value for key, value in part.rest.items() if key != "bucketOwner"}
    block: dict[str, Any] = {}
    if part.mime is not None:
        block["format"] = format_of(part.kind, part.mime)
    if part.name is not None:
        block["name"] = part.name
    if part.data is not None:
        block["source"] = {"bytes": part.data}
    elif part.text is not None:
        block["source"] = {"text": part.text}
    else:
        place = {"uri": part.url}
        if "bucketOwner" in part.rest:
            place["bucketOwner"] = part.rest["bucketOwner"]
        block["source"] = {"s3Location": place}
    return {part.kind: {**block, **rest}}


def _source(part: Media, target: Target) -> dict[str, Any] | None:
    if part.data:
        return {"bytes": part.data}
    if part.text:
        # Few models take a document's text as such; all that take documents take it as a file.
        return {"bytes": b64encode(part.text.encode()).decode()}
    if part.url is not None:
        # Not even an S3 place goes: it would be read with the operator's rights, not with the caller's.
        target.losses.add(f"content.{part.kind}_url")
    elif part.file_id is not None:
        target.losses.add("content.file_id")
    else:
        target.losses.add(f"content.{part.kind}")
    return None


def _about(rest: dict[str, Any]) -> dict[str, Any]:
    """What Anthropic's documents have in common with Converse's, name for name."""
    found: dict[str, Any] = {}
    if (context := as_text(rest.get("context"))) is not None:
        found["context"] = context
    if type(only(rest.get("citations"), "enabled")) is bool:
        found["citations"] = rest["citations"]
    return found


def _name(part: Media, ending: str, target: Target) -> str:
    given = part.name or ""
    if given.lower().endswith(f".{ending}"):
        given = given[: -len(ending) - 1]
    name = _spaces.sub(" ", _refused.sub("-", given)).strip(" -")[:_MOST_NAME].strip() or "document"
    found, number = name, 1
    while found.lower() in target.names:
        number += 1
        found = f"{name} ({number})"
    target.names.add(found.lower())
    return found
