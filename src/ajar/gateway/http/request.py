"""The head of one request: read by llhttp, and checked for what llhttp lets pass."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from ajar.errors import BadRequest, HeadersTooLarge

HEAD_END = b"\r\n\r\n"


class Request:
    """The head of one request, as the caller sent it.

    Raises `BadRequest` where the bytes are not one HTTP/1.0 or 1.1 head or its framing is ambiguous, and
    `HeadersTooLarge` where it has more than `most` header lines.
    """

    __slots__ = (
        "_complete",
        "_fields",
        "headers",
        "http11",
        "keep_alive",
        "length",
        "method",
        "path",
        "query",
    )

    method: bytes
    """As sent: `b"POST"`."""
    path: bytes
    """As sent, without query and not decoded: `b"/v1/models/a%2Fb"`."""
    query: bytes
    """What follows the first `?`, not decoded."""
    headers: list[tuple[bytes, bytes]]
    """In the order sent, names in lower case, values without the white space around them."""
    length: int | None
    """Body bytes to come after the head, or None: chunked."""
    keep_alive: bool
    """True where the caller means to use the connection again."""

    def __init__(self, raw: bytes, most: int) -> None:
        """`raw` is one whole head, its empty line included."""
        headers: list[tuple[bytes, bytes]] = []
        self.headers = headers
        self._complete = False
        try:
            # A parser for each head: making one is cheap, and it never sees a byte behind the head, so that
            # bodies, upgrades and pipelined requests are framed in one place, here.
            HttpRequestParser(self).feed_data(raw)
        except HttpParserUpgrade:
            pass  # h2c and web sockets are not spoken here: RFC 9110 7.8 lets a server ignore the wish
        except HttpParserError as error:
            raise BadRequest(f"the request is not HTTP/1.1: {error}") from None
        if not self._complete:
            raise BadRequest("the request is not HTTP/1.1: its head does not end where it should")
        if len(headers) > most:
            raise HeadersTooLarge(f"the request has {len(headers)} header lines; at most {most} are read")
        self._fields = fields = dict(headers[::-1])  # backwards, so that the first of a name wins
        try:
            self.method, target, version = raw[: raw.find(b"\r\n")].split(b" ")
        except ValueError:
            raise BadRequest("the request line is not `METHOD target HTTP/1.1`") from None
        self.http11 = http11 = version == b"HTTP/1.1"
        if not http11 and version != b"HTTP/1.0":
            raise BadRequest("only HTTP/1.1 and HTTP/1.0 are spoken here")
        if target[:1] != b"/":
            target = _path_of(self.method, target)
        self.path, _, self.query = target.partition(b"?")
        self.keep_alive = self._wants_keep_alive() if b"connection" in fields else http11
        length = fields.get(b"content-length")
        try:
            # llhttp let one only pass, of digits only and under 2**64.
            self.length = self._length_without() if length is None else int(length)
        except ValueError:  # thousands of leading zeros
            raise BadRequest("the content-length is not a number") from None

    def header(self, name: bytes) -> bytes | None:
        """The first header of this name (in lower case), or None."""
        return self._fields.get(name)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by llhttp."""
        self.headers.append((name.lower(), value.rstrip()))  # llhttp strips the left side only

    def on_headers_complete(self) -> None:
        """Called by llhttp."""
        self._complete = True

    def _length_without(self) -> int | None:
        """The length of a body without content-length."""
        coding = self._fields.get(b"transfer-encoding")
        if coding is None:
            return 0
        if coding.lower() != b"chunked" or not self.http11:
            raise BadRequest("of transfer-encodings only `chunked` is read, and only in HTTP/1.1")
        return None

    def _wants_keep_alive(self) -> bool:
        words = {
            word.strip().lower() for name, value in self.headers if name == b"connection" for word in value.split(b",")
        }
        return b"close" not in words and (self.http11 or b"keep-alive" in words)


def _path_of(method: bytes, target: bytes) -> bytes:
    """Path and query of a target that does not begin with a slash."""
    if target == b"*" and method == b"OPTIONS":
        return target
    scheme, found, rest = target.partition(b"://")
    if not found or scheme.lower() not in (b"http", b"https"):
        raise BadRequest("the request target is neither a path nor an http URL")
    authority = rest.partition(b"?")[0].partition(b"/")[0]
    rest = rest[len(authority) :]
    return rest if rest[:1] == b"/" else b"/" + rest
