"""AWS credentials, found as AWS's own SDKs find them, and requests signed with them (Signature Version 4)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

from ajar.errors import NoCredentials
from ajar.upstream.fetched import Fetched, Fresh, plain, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.upstream.credentials import RequestHead

# Botocore renews temporary credentials itself, at the latest ten minutes before their end, whenever it is asked for
# them; those that do not end may have been replaced by others in the file that they came from.
_TEMPORARY = (60.0, 300.0)
_LASTING = (300.0, 3600.0)

_NONE = (
    "AWS credentials: none were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, "
    "or give this machine a role"
)


class SigV4:
    """Signs each request for one service in one region. `keys` is shared by all that sign with the same credentials."""

    fixed = None

    def __init__(self, service: str, region: str, keys: Fetched[Any]) -> None:
        self._service = service
        self._region = region
        self._keys = keys

    def __repr__(self) -> str:
        return f"<SigV4 {self._service} {self._region}>"

    async def ready(self) -> None:
        """Wait until there are credentials. Raises NoCredentials."""
        await self._keys.ready()

    def lines(self, head: RequestHead, body: bytes) -> bytes:
        """`x-amz-date`, with temporary credentials `x-amz-security-token`, and `authorization`.

        The signature covers those two, `host`, `content-type`, the target and the body; other headers may be added,
        but none that begins with `x-amz-`.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        signed = {"host": head.authority, "content-type": head.content_type}
        url = f"https://{head.authority}{_canonical(head.target)}"
        request: Any = AWSRequest(method=head.method, url=url, headers=signed, data=body)
        signature: Any = SigV4Auth(self._keys.value, self._service, self._region)
        signature.add_auth(request)
        return "".join(
            f"{name.lower()}: {value}\r\n" for name, value in request.headers.items() if name not in signed
        ).encode("latin-1")


def _canonical(target: str) -> str:
    """The target with its query as AWS reads it: botocore signs a query as it stands."""
    path, mark, query = target.partition("?")
    if not mark:
        return target
    pairs = (pair.partition("=") for pair in query.split("&"))
    encoded = ((quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")) for name, _, value in pairs)
    return f"{path}?{'&'.join('='.join(pair) for pair in encoded)}"


def aws_keys() -> Fetched[Any]:
    """Botocore's chain: environment, profile, single sign-on, process, container or machine role."""
    return Fetched("AWS credentials", _chain())


def _chain() -> Callable[[], Fresh[Any]]:
    found: Any = None

    def look_up() -> Fresh[Any]:
        # Botocore is loaded here, in the thread: it takes 0.1 s, and most workers never need it.
        from botocore.credentials import RefreshableCredentials
        from botocore.session import Session

        nonlocal found
        quiet("botocore", logging.WARNING)
        try:
            if not isinstance(found, RefreshableCredentials):
                found = cast("Any", Session()).get_credentials()
            if found is None:
                raise NoCredentials(_NONE)
            frozen = cast("Any", found).get_frozen_credentials()
        except NoCredentials:
            raise
        except Exception as error:
            found = None
            raise NoCredentials(f"AWS credentials: {plain(error)}") from None
        return Fresh(frozen, *(_TEMPORARY if isinstance(found, RefreshableCredentials) else _LASTING))

    return look_up
