"""The parts of a content that are neither calls nor results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.parts import Foreign, Media, Refusal, Text, ToolCall
from ajar.wire.gemini.media import write_media

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.gemini.scope import Scope

_OPAQUE = "thoughtSignature"


def write_parts(parts: list[Part], scope: Scope) -> list[Rest]:
    """The parts of a user's or a system's turn."""
    return [written for part in parts if (written := write_part(part, scope)) is not None]


def write_part(part: Part, scope: Scope) -> Rest | None:
    """One part, without its signature if it is text; None where it cannot be said, or says nothing."""
    if type(part) is Text:
        return _text(part, scope)
    if type(part) is Media:
        return write_own_media(part, scope)
    if type(part) is Foreign:
        return write_foreign(part, scope)
    if type(part) is Refusal:
        return scope.fill({"text": part.text}, part.rest, "content") if part.text else None
    scope.lose("call" if type(part) is ToolCall else "message")  # it has no business in this turn
    return None


def _text(part: Text, scope: Scope) -> Rest | None:
    if part.annotations:
        scope.lose("annotations")
    if part.cache is not None:
        scope.losses.add("cache_control")
    if not part.text and not scope.own and part.opaque is None:
        return None
    return scope.fill({"text": part.text}, part.rest, "content")


def write_own_media(part: Media, scope: Scope) -> Rest:
    """Media. In Gemini's own a signature may stand on it (of an image that the model made)."""
    return _checked(scope.fill(write_media(part, scope.origin, scope.losses), _beside(part), "content"), scope)


def _beside(part: Media) -> Rest:
    """The unknown fields that are not inside of the media."""
    return {name: value for name, value in part.rest.items() if name not in ("inlineData", "fileData")}


def write_foreign(part: Foreign, scope: Scope) -> Rest | None:
    """A part that only one format has."""
    if part.format != "gemini":
        scope.losses.add(part.kind)
        return None
    return _checked(part.value, scope)


def _checked(written: Rest, scope: Scope) -> Rest:
    """The part, without a signature that this deployment did not issue."""
    opaque = written.get(_OPAQUE)
    if type(opaque) is str and scope.kept(opaque, "signature") is None:
        return {name: value for name, value in written.items() if name != _OPAQUE}
    return written
