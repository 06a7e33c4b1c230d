"""Where a connection goes: scheme, host and port."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec

_PORTS = {"http": 80, "https": 443}


class Origin(msgspec.Struct, frozen=True, cache_hash=True):
    """One server. `host` is lower-case ASCII without brackets; two equal origins share connections."""

    scheme: Literal["http", "https"]
    host: str
    port: int

    @property
    def label(self) -> str:
        """`host:port`, as error sentences and a CONNECT request name it."""
        return join_host(self.host, self.port)

    @property
    def authority(self) -> str:
        """The value of the `host` header: without the port where that is the scheme's own."""
        return bracket(self.host) if self.port == _PORTS[self.scheme] else self.label


def parse_base_url(url: str) -> tuple[Origin, str]:
    """Split a base URL into its origin and its path prefix (`""` or `/v1`, no slash at the end).

    Raises ValueError with one sentence that says what to write instead; it never repeats the URL, which may hold
    a secret.
    """
    if not url.isprintable() or " " in url:
        raise ValueError("A base URL must not hold blanks or control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("The base URL cannot be read: its host or its port is malformed.") from None
    scheme = parts.scheme
    if scheme != "http" and scheme != "https":
        raise ValueError("A base URL must begin with http:// or https://.")
    if "@" in parts.netloc:
        raise ValueError("A base URL must not hold a user name or password; name the key in api_key.")
    if "?" in url or "#" in url:
        raise ValueError("A base URL ends with its path: leave out '?' and '#' and what follows.")
    if not parts.hostname:
        raise ValueError("A base URL must name a host, as in http://127.0.0.1:8080/v1.")
    if port == 0:
        raise ValueError("Port 0 in a base URL is not a port that can be reached.")
    if not parts.path.isascii():
        raise ValueError("The path of a base URL must be ASCII; percent-encode the rest.")
    host = _ascii_host(parts.hostname)
    return Origin(scheme, host, port or _PORTS[scheme]), parts.path.rstrip("/")


def _ascii_host(host: str) -> str:
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not name or not all(letter.isalnum() or letter in "-._:" for letter in name):
        raise ValueError("The host of a base URL is not a valid name or address.")
    return name


def bracket(host: str) -> str:
    """The host as a URL shows it: an IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host else host


def join_host(host: str, port: int) -> str:
    """`host:port`."""
    return f"{bracket(host)}:{port}"
