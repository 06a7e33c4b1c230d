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
        b"x-ajar-unit",
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
        b"access-control-allow-credentials",
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
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


_USUAL = frozenset({b"keep-alive", b"close"})
_IDENTITY = frozenset({b"idempotency-key", b"x-client-request-id"})
_OWN = (b"x-ajar-", b"x-amz-")
"""Ajar's, and what AWS signs: it refuses a signed request with such a header that the signature leaves out."""


class Head:
    """The headers that Ajar reads, by name, and the others as bytes ready to be sent; `headers` are all of them."""

    __slots__ = ("forward", "headers", "read")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.headers = headers
        self.read: dict[bytes, bytes] = {}
        parts: list[bytes] = []
        for name, value in headers:
            if name not in _DROPPED:
                if not name.startswith(_OWN):
                    parts += (name, b": ", value, b"\r\n")
            elif name in _READ:
                given = self.read.get(name)
                # Lines of one name are one list (RFC 9110, 5.3): a second line must not undo what the first forbids.
                self.read[name] = value if given is None else given + b", " + value
            elif name == b"connection" and value.lower() not in _USUAL:
                self.__init__(_without_named(headers, value))
                return
        self.forward = b"".join(parts)


def without_identity(head: Head) -> Head:
    """The same headers but for those by which a provider knows a request again, and would take a copy for it."""
    return Head([pair for pair in head.headers if pair[0] not in _IDENTITY])


def answer_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An upstream's answer headers that go on to the caller: all but hop headers, cookies, framing and `x-ajar-*`.

    The operator's account, and promises about the upstream's own host, are not the caller's business either.
    """
    kept: list[tuple[bytes, bytes]] = []
    for pair in headers:
        name = pair[0]
        if name not in _ANSWER_DROPPED:
            if name[:7] != b"x-ajar-":
                kept.append(pair)
        elif name == b"connection" and pair[1].lower() not in _USUAL:
            return answer_headers(_without_named(headers, pair[1]))
    return kept


def _without_named(headers: list[tuple[bytes, bytes]], value: bytes) -> list[tuple[bytes, bytes]]:
    """Without the `connection` lines and what this one names: it ends here too (RFC 9110, 7.6.1)."""
    named = {word.strip().lower() for word in value.split(b",")}
    rest = [pair for pair in headers if pair[0] not in named or pair[0] in _READ]
    rest.remove((b"connection", value))
    return rest
