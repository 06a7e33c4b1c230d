"""A deployment as an attempt needs it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from ajar.config.facts import ASKED_FOR, base_url_of, formats_of, is_started, key_source
from ajar.config.facts import paths_of as templates_of
from ajar.domain.dialog.parts import Format
from ajar.errors import InvalidJson
from ajar.gateway.door import Door
from ajar.upstream.credentials import Credentials, RequestHead
from ajar.upstream.origin import Origin, parse_base_url
from ajar.upstream.providers import Provider, providers
from ajar.wire.back import Back
from ajar.wire.openai_chat.nulls import OMITS_NULLS

if TYPE_CHECKING:
    from ajar.config.model import Deployment
    from ajar.upstream.wallet import Wallet


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment, with everything that is the same for all requests to it made once.

    `origin` is None while a runtime that Ajar starts is not up. `heads` are by operation, and end before the caller's
    own headers; credentials are in them where they are always the same.
    """

    name: str
    model: bytes
    origin: Origin | None
    heads: dict[str, bytes]
    formats: tuple[Format, ...]
    """Those that it speaks. A request in any other is translated into the first."""
    back: Back
    account: str
    """Who issues what it makes opaque: deployments of one account understand one another's."""
    connect_s: float
    first_byte_s: float
    gap_s: float
    total_s: float
    retry: frozenset[int]
    """The statuses after which the same request may be sent again."""
    door: Door
    stream_usage: bool
    omits_nulls: bool
    """Whether its whole Chat Completions lack nulls that their schema requires."""
    metered: bool
    credentials: Credentials
    signed: dict[str, RequestHead]
    """By operation, what a signature covers; empty where the credentials are in `heads`."""
    defaults: tuple[tuple[bytes, bytes], ...]
    """Headers by name, and their lines, that are sent where the caller sends none of that name."""
    fields: dict[str, Any]
    """What every body has besides."""
    model_in_body: bool

    def message(self, operation: str, forward: bytes, body: bytes) -> bytes:
        """The head of a request with this body and the caller's header lines `forward`.

        Where requests are `signed`, the credentials must be ready.
        """
        lines = self.credentials.lines(self.signed[operation], body) if self.signed else b""
        for name, line in self.defaults:
            if name + b": " not in forward:
                lines += line
        length = b"content-length: %d\r\n\r\n" % len(body)
        return b"".join((self.heads[operation], lines, forward, length))

    def denied(self, status: int) -> bool:
        """Whether a refusal is of Ajar's own credentials. AWS says so with 403, and names the operator's account."""
        return status == 401 or (status == 403 and bool(self.signed))

    def dress(self, operation: str, body: bytes) -> bytes:
        """The body with the fields that this deployment wants in every one, and without the model if it is no field.

        Raises InvalidJson where it must be read for that and cannot be.
        """
        if self.model_in_body and not self.fields:
            return body
        try:
            value: dict[str, Any] = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidJson("the body is not valid JSON") from None
        if not self.model_in_body and not operation.endswith("-count"):
            value.pop("model", None)
        return msgspec.json.encode({**self.fields, **value})


def make_target(name: str, deployment: Deployment, endpoint: str | None, wallet: Wallet, door: Door) -> Target:
    """The target for a deployment; `endpoint` is where a runtime that Ajar started listens."""
    row = providers()[deployment.provider or deployment.runtime or ""]
    started = is_started(deployment)
    base_url = endpoint if started else base_url_of(deployment, row)
    origin, prefix = parse_base_url(base_url) if base_url else (None, "")
    credentials = wallet.credentials(deployment)
    paths = {operation: prefix + path for operation, path in _paths(deployment, row).items()} if origin else {}
    fixed = credentials.fixed
    authority = origin.authority if origin else ""
    return Target(
        name=name,
        model=msgspec.json.encode(deployment.model),
        origin=origin,
        heads={operation: _head(path, authority, fixed or b"") for operation, path in paths.items()},
        formats=formats_of(deployment, row),
        back=_back(deployment, row),
        account=_account(name if started else "", deployment, base_url),
        connect_s=deployment.timeouts.connect_s,
        first_byte_s=deployment.timeouts.first_byte_s,
        gap_s=deployment.timeouts.gap_s,
        total_s=deployment.timeouts.total_s,
        retry=row.retry,
        door=door,
        stream_usage=row.stream_usage,
        omits_nulls=OMITS_NULLS in row.quirks,
        metered=row.metered,
        credentials=credentials,
        signed={} if fixed is not None else {op: RequestHead(authority, path) for op, path in paths.items()},
        defaults=tuple((key.encode(), f"{key}: {value}\r\n".encode()) for key, value in row.headers.items()),
        fields=row.body,
        model_in_body=row.model_in_body,
    )


def _paths(deployment: Deployment, row: Provider) -> dict[str, str]:
    fill = {key: quote(getattr(deployment, key) or "", safe="") for key in ("model", *ASKED_FOR)}
    paths = {operation: path.format(**fill) for operation, path in templates_of(deployment, row).items()}
    if "openai-responses" in paths:
        paths["openai-responses-compact"] = paths["openai-responses"] + "/compact"
    return paths


def _head(path: str, authority: str, credentials: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: {authority}\r\n".encode("latin-1")
    return head + credentials + b"content-type: application/json\r\naccept-encoding: identity\r\n"


def _back(deployment: Deployment, row: Provider) -> Back:
    back = Back(
        model=deployment.model,
        quirks=frozenset(row.quirks),
        reasoning_field=row.reasoning_field,
    )
    if deployment.max_tokens is not None:
        return msgspec.structs.replace(back, max_tokens=deployment.max_tokens)
    return back


def _account(started: str, deployment: Deployment, base_url: str | None) -> str:
    """A digest of what tells one account from another: address, project, and the variable that holds the key."""
    source = key_source(deployment, providers())
    told = (started, deployment.provider, base_url, deployment.project, source.variable if source else None)
    return sha256(msgspec.json.encode(told)).hexdigest()[:32]
