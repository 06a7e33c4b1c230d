"""Who is asking, and what they may do."""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, get_args

import msgspec

from ajar.domain.record import Purpose
from ajar.errors import Forbidden, InvalidField, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.config.snapshot import KeyEntry
    from ajar.gateway.tables import Tables

_PURPOSES: dict[bytes, Purpose] = {purpose.encode(): purpose for purpose in get_args(Purpose)}
_LOCAL_NAMES = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_ABSENT = bytes(32)


class Caller(msgspec.Struct, frozen=True):
    """The owner of a key; on a keyless loopback service, `local`."""

    name: str
    direct: bool


class Key(msgspec.Struct, frozen=True):
    """What a presented key is held against: the SHA-256 of its secret."""

    digest: bytes
    caller: Caller


_LOCAL = Caller("local", True)


def keys_by_prefix(entries: Iterable[KeyEntry]) -> dict[bytes, Key]:
    """The valid keys by what stands before their secret, `ajar_<id>`."""
    return {
        b"ajar_" + entry.id.encode(): Key(bytes.fromhex(entry.digest), Caller(entry.name, entry.direct))
        for entry in entries
    }


def admit(headers: dict[bytes, bytes], tables: Tables) -> Caller:
    """The caller of a request with these headers.

    Raises Unauthenticated, or Forbidden where a web page of another origin reaches for a keyless service.
    """
    if tables.keyless:
        refuse_foreign_pages(headers)
        return _LOCAL
    key = _presented(headers)
    if key is None:
        raise Unauthenticated("this service wants an API key: send `Authorization: Bearer ajar_…`")
    prefix, _, secret = key.rpartition(b"_")
    entry = tables.keys.get(prefix)
    # The same work for an unknown id as for a wrong secret, so that time tells nothing.
    valid = compare_digest(sha256(secret).digest(), entry.digest if entry else _ABSENT)
    if entry is None or not valid:
        raise Unauthenticated("the API key is not valid: it may be mistyped or revoked; ask the operator of this Ajar")
    return entry.caller


def purpose_of(headers: dict[bytes, bytes], caller: Caller) -> Purpose:
    """The request's purpose. Raises InvalidField, or Forbidden where the caller's key is not `direct`."""
    value = headers.get(b"x-ajar-purpose")
    if value is None:
        return "live"
    purpose = _PURPOSES.get(value)
    if purpose is None:
        raise InvalidField(f"`x-ajar-purpose` must be one of {', '.join(get_args(Purpose))}", param="x-ajar-purpose")
    if purpose != "live" and not caller.direct:
        raise Forbidden(f"purpose `{purpose}` needs a key that was made with --direct")
    return purpose


def _presented(headers: dict[bytes, bytes]) -> bytes | None:
    value = headers.get(b"authorization")
    if value is not None:
        scheme, _, token = value.partition(b" ")
        return token.strip() if scheme.lower() == b"bearer" else b""
    return headers.get(b"x-api-key") or headers.get(b"api-key")


def refuse_foreign_pages(headers: dict[bytes, bytes]) -> None:
    """Without keys, anything on this machine may ask, but a web page that a browser here happens to show may not.

    A page of another site sends its own `Origin`, and one that re-bound its name to loopback sends its own `Host`.
    """
    host = headers.get(b"host", b"localhost")
    origin = headers.get(b"origin")
    if not _is_local(host):
        raise Forbidden("without keys only requests to localhost are served; `ajar key create NAME` makes a key")
    if origin is not None and not _is_local(origin.partition(b"://")[2]):
        raise Forbidden("without keys, web pages of other origins are refused; `ajar key create NAME` makes a key")


def _is_local(authority: bytes) -> bool:
    """Whether `host` or `host:port` names this machine, whatever a name server says."""
    host, colon, port = authority.lower().rpartition(b":")
    if not colon or not port.isdigit():
        host = authority.lower()
    return host in _LOCAL_NAMES or (host.startswith(b"127.") and not host.translate(None, b"0123456789."))
