"""Pictures and documents as content blocks."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Media
    from ajar.wire.anthropic.scope import Scope

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_LONGEST_TITLE = 500


def media_block(media: Media, scope: Scope) -> dict[str, Any] | None:
    """The block; None, and a loss, where Anthropic has none for such content."""
    source = _source(media, scope)
    if source is None:
        scope.lose(media.kind)
        return None
    block = scope.node(media.rest, "content")
    more = block.pop("source", None)
    block["type"] = media.kind
    block["source"] = {**more, **source} if scope.same and type(more) is dict else source
    if media.name is not None and media.kind == "document" and (scope.same or media.name):
        block["title"] = media.name if scope.same else media.name[:_LONGEST_TITLE]
    if media.detail not in (None, "auto"):
        scope.lose("detail")
    if media.cache is not None:
        block["cache_control"] = media.cache
    return block


def _source(media: Media, scope: Scope) -> dict[str, Any] | None:
    if media.kind not in ("image", "document"):
        return None
    if media.url is not None:
        return {"type": "url", "url": media.url}
    if media.file_id is not None:
        # An id from another provider's file store means nothing here.
        return {"type": "file", "file_id": media.file_id} if scope.same else None
    if media.text is not None:
        mime = media.mime if scope.same and media.mime is not None else "text/plain"
        return {"type": "text", "media_type": mime, "data": media.text}
    if scope.same:
        return {"type": "base64", "media_type": media.mime, "data": media.data}
    mime = (media.mime or "").partition(";")[0].strip().lower()
    if media.kind == "image":
        mime = "image/jpeg" if mime == "image/jpg" else mime
        return {"type": "base64", "media_type": mime, "data": media.data} if mime in _IMAGES else None
    if mime == "application/pdf":
        return {"type": "base64", "media_type": mime, "data": media.data}
    text = _decoded(media.data or "") if mime.startswith("text/") or mime == "application/json" else None
    return None if text is None else {"type": "text", "media_type": "text/plain", "data": text}


def _decoded(data: str) -> str | None:
    """The text of a file in base64; None where it is neither."""
    try:
        return b64decode(data, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
