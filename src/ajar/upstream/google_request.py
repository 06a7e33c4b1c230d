"""The HTTP requests by which google-auth fetches tokens: blocking, for a thread; Ajar's own trust and proxies."""

from __future__ import annotations

import http.client
import os
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ajar.upstream.origin import Origin, parse_base_url
from ajar.upstream.proxy import ProxyRules
from ajar.upstream.tls import default_context

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S = 20.0
_LARGEST = 1024 * 1024


class Answer(NamedTuple):
    """What was answered, as `google.auth.transport.Response` has it. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    data: bytes


class GoogleRequest:
    """A `google.auth.transport.Request`. Each call opens a connection of its own; redirects are not followed."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> Answer:
        """Ask once. Raises google.auth's TransportError where there is no answer."""
        from google.auth.exceptions import TransportError

        connection, host = None, "an address that is none"
        try:
            parts = urlsplit(url)
            host = parts.hostname or host
            origin, _prefix = parse_base_url(f"{parts.scheme}://{parts.netloc}")
            connection = self._connection(origin, min(timeout or _TIMEOUT_S, _TIMEOUT_S))
            target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            connection.request(method, target, body=body, headers={**(headers or {}), "connection": "close"})
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read(_LARGEST))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TransportError(f"no answer from {host}: {error}") from None
        finally:
            if connection is not None:
                connection.close()

    def _connection(self, origin: Origin, timeout: float) -> http.client.HTTPConnection:
        if origin.scheme == "http":  # the machine's metadata server, which no proxy can stand for
            return http.client.HTTPConnection(origin.host, origin.port, timeout=timeout)
        trust = default_context(self._environ)
        proxy = ProxyRules(self._environ).find(origin)
        if proxy is None:
            return http.client.HTTPSConnection(origin.host, origin.port, timeout=timeout, context=trust)
        connection = http.client.HTTPSConnection(proxy.host, proxy.port, timeout=timeout, context=trust)
        granted = {} if proxy.authorization is None else {"proxy-authorization": proxy.authorization.decode("latin-1")}
        connection.set_tunnel(origin.host, origin.port, headers=granted)
        return connection
