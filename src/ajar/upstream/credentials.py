"""What shows a deployment that Ajar may ask it: the header lines that a request gets."""

from __future__ import annotations

from typing import Protocol

import msgspec


class RequestHead(msgspec.Struct, frozen=True):
    """What a signature covers of a request beside its body. Made once for each deployment and operation.

    `authority` is the value of the `host` header and `target` the path with its query, both exactly as they are sent.
    """

    authority: str
    target: str
    method: str = "POST"
    content_type: str = "application/json"


class Credentials(Protocol):
    """The credentials of a deployment. None of their secrets is ever in a log, an error or a `repr`."""

    @property
    def fixed(self) -> bytes | None:
        """The lines, where they are the same for every request: then nothing else need be called. Otherwise None."""
        ...

    async def ready(self) -> None:
        """Wait until `lines` has what it needs; to be awaited before each call of it.

        Usually there is nothing to wait for. Fetching is done in a thread, once for all who wait. Raises NoCredentials.
        """
        ...

    def lines(self, head: RequestHead, body: bytes) -> bytes:
        """The header lines for this request, each with its line end."""
        ...


class Static:
    """A key, or none: the same line for every request."""

    __slots__ = ("fixed",)

    def __init__(self, auth: str, secret: str | None) -> None:
        self.fixed = key_line(auth, secret)

    async def ready(self) -> None:
        """Nothing is ever to be waited for."""

    def lines(self, head: RequestHead, body: bytes) -> bytes:
        """The line."""
        del head, body
        return self.fixed


def key_line(auth: str, secret: str | None) -> bytes:
    """The header line that carries a key, as `providers.toml` describes it by `auth`; empty where there is none."""
    if not secret or auth in ("none", "google"):
        return b""
    name, _, detail = auth.partition(":")
    line = f"{detail}: {secret}\r\n" if name == "header" else f"authorization: Bearer {secret}\r\n"
    return line.encode("latin-1")
