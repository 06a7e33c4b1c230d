"""Which certificates are trusted."""

from __future__ import annotations

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
        except OSError as error:  # an ssl.SSLError is one too
            why = error.strerror or "not a PEM file"
            raise ValueError(f"the file in SSL_CERT_FILE cannot be used ({why})") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
