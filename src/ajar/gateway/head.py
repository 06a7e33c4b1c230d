"""A caller's request headers in one pass: what Ajar itself reads, and what goes on to the upstream."""

from __future__ import annotations

_READ = frozenset(
    {
        b"authorization",
        b"x-api-key",
        b"api-key",
        b"host",
        b"origin",
        b"content-encoding",
        b"x-ajar-purpose",
        b"x-ajar-exclude",
    }
)
# The caller's credentials and account are not the deployment's; hop headers end here (RFC 9110, 7.6.1); Ajar writes
# the framing, the content type and the accepted encoding itself.
_DROPPED = _READ | {
    b"accept-encoding",
    b"connection",
    b"content-length",
    b"content-type",
    b"cookie",
    b"expect",
    b"keep-alive",
    b"openai-organization",
    b"openai-project",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_ANSWER_DROPPED = frozenset(
    {
        b"alt-svc",
        b"connection",
        b"content-length",
        b"keep-alive",
        b"openai-organization",
        b"proxy-authenticate",
        b"proxy-connection",
        b"server",
        b"set-cookie",
        b"strict-transport-security",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)


_NOTHING: frozenset[bytes] = frozenset()


class Head:
    """The headers that Ajar reads, by name, and the others as bytes ready to be sent."""

    __slots__ = ("forward", "read")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.read: dict[bytes, bytes] = {}
        named = _named(headers)
        parts: list[bytes] = []
        for name, value in headers:
            if name not in _DROPPED:
                if not name.startswith(b"x-ajar-") and name not in named:
                    parts += (name, b": ", value, b"\r\n")
            elif name in _READ:
                given = self.read.get(name)
                # Lines of one name are one list (RFC 9110, 5.3): a second line must not undo what the first forbids.
                self.read[name] = value if given is None else given + b", " + value
        self.forward = b"".join(parts)


def answer_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An upstream's answer headers that go on to the caller: all but hop headers, cookies, framing and `x-ajar-*`.

    The operator's account, and promises about the upstream's own host, are not the caller's business either.
    """
    named = _named(headers)
    return [
        pair
        for pair in headers
        if pair[0] not in _ANSWER_DROPPED and not pair[0].startswith(b"x-ajar-") and pair[0] not in named
    ]


def _named(headers: list[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """The headers that `connection` names: they end here too."""
    for name, value in headers:
        if name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            return frozenset(word.strip().lower() for word in value.split(b","))
    return _NOTHING
