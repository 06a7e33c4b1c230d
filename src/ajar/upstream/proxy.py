"""Proxies from the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and NO_PROXY for the exceptions."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import msgspec

from ajar.upstream.origin import join_host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.upstream.origin import Origin

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxy(msgspec.Struct, frozen=True):
    """One HTTP proxy. `authorization` is the whole `proxy-authorization` value; it must not be shown."""

    host: str
    port: int
    authorization: bytes | None = None

    @property
    def label(self) -> str:
        """`host:port`."""
        return join_host(self.host, self.port)

    def connect_head(self, origin: Origin) -> bytes:
        """The request that asks for a tunnel to `origin`."""
        target = origin.label.encode()
        head = b"CONNECT " + target + b" HTTP/1.1\r\nhost: " + target + b"\r\n"
        return head + self._credentials() + b"\r\n"

    def absolute_head(self, origin: Origin, head: bytes) -> bytes:
        """A plain request's head as a proxy wants it: the target in absolute form, and our credentials."""
        method, target, rest = head.split(b" ", 2)
        version, fields = rest.split(b"\r\n", 1)
        line = method + b" http://" + origin.authority.encode() + target + b" " + version + b"\r\n"
        return line + self._credentials() + fields

    def _credentials(self) -> bytes:
        if self.authorization is None:
            return b""
        return b"proxy-authorization: " + self.authorization + b"\r\n"


class ProxyRules:
    """Which proxy an origin is reached by. Read once; a lower-case variable wins over the upper-case one.

    Loopback is always reached directly.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._by_scheme = {
            "http": _first(environ, "http_proxy", "all_proxy"),
            "https": _first(environ, "https_proxy", "all_proxy"),
        }
        self._exceptions = NoProxy(_first(environ, "no_proxy")[1])

    def find(self, origin: Origin) -> Proxy | None:
        """The origin's proxy, or None for the direct way. Raises ValueError where the variable cannot be used."""
        name, url = self._by_scheme[origin.scheme]
        if not url or _is_loopback(origin.host) or self._exceptions.cover(origin.host, origin.port):
            return None
        return _parse_proxy(name, url)


class NoProxy:
    """The origins that no proxy is used for: NO_PROXY, split at commas and blanks.

    `*` is every host; `example.com` is that host and all below it; `.example.com` only those below; an address or a
    CIDR block covers addresses; `:port` behind a name or an address narrows it to that port.
    """

    def __init__(self, text: str) -> None:
        self._everything = False
        self._networks: list[tuple[_Network, int | None]] = []
        self._names: list[tuple[str, int | None]] = []
        for entry in text.replace(",", " ").lower().split():
            self._add(entry)

    def cover(self, host: str, port: int) -> bool:
        """Whether `host:port` is an exception."""
        if self._everything:
            return True
        address = _address(host)
        if address is not None:
            return any(address in network and only in (None, port) for network, only in self._networks)
        host = host.rstrip(".")
        return any(
            only in (None, port) and (host.endswith(name) if name[0] == "." else host == name)
            for name, only in self._names
        )

    def _add(self, entry: str) -> None:
        if entry == "*":
            self._everything = True
            return
        network, only = _network(entry), None
        if network is None:
            name, colon, digits = entry.rpartition(":")
            if colon and digits.isdecimal():
                entry, only = name, int(digits)
                network = _network(entry)
        if network is not None:
            self._networks.append((network, only))
        elif entry.strip(".*"):
            self._add_name(entry, only)

    def _add_name(self, name: str, only: int | None) -> None:
        bare = name.removeprefix("*")
        self._names.append(("." + bare.lstrip("."), only))
        if not name.startswith((".", "*")):
            self._names.append((bare, only))


def _parse_proxy(name: str, url: str) -> Proxy:
    if "://" not in url:
        url = "http://" + url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, None
    if parts is None or parts.scheme != "http" or not host:
        raise ValueError(f"the proxy in {name} must be given as http://host:port")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = b"Basic " + base64.b64encode(pair.encode())
    return Proxy(host, port or 80, authorization)


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """The first variable that is set and not empty: its name and value; of the last name "" where none is."""
    for name in names:
        for spelling in (name, name.upper()):
            if environ.get(spelling):
                return spelling, environ[spelling]
    return names[-1], ""


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _network(entry: str) -> _Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None
