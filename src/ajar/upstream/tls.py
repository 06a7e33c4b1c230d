"""Which certificates are trusted."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def default_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The system's trust, and that of the file that SSL_CERT_FILE names. Host names are checked; ALPN is http/1.1.

    Raises ValueError where that file cannot be used.
    """
    context = ssl.create_default_context()
    extra = environ.get("SSL_CERT_FILE")
    if extra:
        try:
            context.load_verify_locations(cafile=extra)
        except OSError as error:
            why = "it is no PEM file of certificates" if isinstance(error, ssl.SSLError) else error.strerror
            raise ValueError(f"the file in SSL_CERT_FILE cannot be used ({why})") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


class Trust:
    """What one client trusts: read when it is first needed, and once for all who need it by then."""

    def __init__(self, environ: Mapping[str, str], context: ssl.SSLContext | None = None) -> None:
        """A given `context` is used as it is."""
        self._environ = environ
        self._context = context
        self._reading: asyncio.Future[ssl.SSLContext] | None = None

    async def context(self) -> ssl.SSLContext:
        """As `default_context`; where that raised, the next call tries anew."""
        if self._context is None:
            if self._reading is None:
                # It takes 30 ms and more, in which no stream may stand still.
                self._reading = asyncio.ensure_future(asyncio.to_thread(default_context, self._environ))
                self._reading.add_done_callback(self._read)
            return await asyncio.shield(self._reading)
        return self._context

    def _read(self, reading: asyncio.Future[ssl.SSLContext]) -> None:
        self._reading = None
        if not reading.cancelled() and reading.exception() is None:
            self._context = reading.result()
