"""Access tokens of Google credentials: a service account's, or those that this machine has."""

from __future__ import annotations

import datetime
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ajar.errors import NoCredentials
from ajar.upstream.fetched import Fetched, Fresh, plain, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.upstream.credentials import RequestHead
    from ajar.upstream.google_request import GoogleRequest

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# Metadata servers give the same token until five minutes before its end, so earlier there is none to renew it with.
_RENEW_BEFORE_S = 225.0
_SPARE_S = 10.0

_METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
_NONE = (
    "Google credentials: none were found; name a key file in GOOGLE_APPLICATION_CREDENTIALS, run "
    "`gcloud auth application-default login`, or give this machine a service account"
)


class GoogleToken:
    """An `authorization` line with a token that is renewed before it ends.

    `key_file` is the path of a service account's key file; without it Google's default credentials are taken.
    """

    fixed = None

    def __init__(self, key_file: str | None = None) -> None:
        self._account = _shown(key_file)
        self._lines = Fetched(f"Google credentials ({self._account})", _source(key_file))

    def __repr__(self) -> str:
        return f"<GoogleToken {self._account}>"

    async def ready(self) -> None:
        """Wait until there is a token. Raises NoCredentials."""
        await self._lines.ready()

    def lines(self, head: RequestHead, body: bytes) -> bytes:
        """The token, and with some credentials the project that is billed."""
        del head, body
        return self._lines.value


def _source(key_file: str | None) -> Callable[[], Fresh[bytes]]:
    found: Any = None

    def fetch() -> Fresh[bytes]:
        from ajar.upstream.google_request import GoogleRequest  # most workers need no second HTTP client

        nonlocal found
        quiet("google", logging.ERROR)  # it warns of a project that it need not know
        request = GoogleRequest()
        try:
            if found is None:
                found = _service_account(key_file) if key_file else _default(request)
            if found is None:
                return _of_this_machine(request)
            found.refresh(request)
            headers: dict[str, str] = {}
            found.apply(headers)
        except NoCredentials:
            raise
        except Exception as error:
            found = None  # the file may be another by the next time
            raise NoCredentials(f"Google credentials ({_shown(key_file)}): {plain(error)}") from None
        return _fresh(headers, _left(found.expiry))

    return fetch


def _shown(path: str | None) -> str:
    """The path for messages. A variable may hold the key itself by mistake, and that must not be told."""
    if path is None:
        return "default credentials"
    return path if len(path) <= 256 and not set(path) & set('{}"\r\n') else "a text that is no path"


def _service_account(path: str) -> Any:
    from google.oauth2.service_account import Credentials

    try:
        kind = json.loads(Path(path).read_bytes()).get("type")
    except (OSError, ValueError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a JSON object"
        raise NoCredentials(f"Google credentials ({_shown(path)}): the key file cannot be read: {why}") from None
    if kind != "service_account":
        text = "the file is no service account's key; name it in GOOGLE_APPLICATION_CREDENTIALS, and no api_key"
        raise NoCredentials(f"Google credentials ({_shown(path)}): {text}")
    made: Any = Credentials
    return made.from_service_account_file(path, scopes=_SCOPES)


def _default(request: GoogleRequest) -> Any:
    """Google's default credentials from a file; None where there is none."""
    import google.auth
    from google.auth import _cloud_sdk

    known = Path(_cloud_sdk.get_application_default_credentials_path())
    if not os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") and not known.is_file():
        return None
    chain: Any = google.auth
    return chain.default(scopes=_SCOPES, request=request)[0]


def _of_this_machine(request: GoogleRequest) -> Fresh[bytes]:
    """A token from the metadata server. google-auth asks it only where the package `requests` is installed.

    https://docs.cloud.google.com/compute/docs/access/authenticate-workloads
    """
    from google.auth.exceptions import TransportError

    host = os.environ.get("GCE_METADATA_HOST") or "metadata.google.internal"
    try:
        answer = request(f"http://{host}{_METADATA}", headers={"metadata-flavor": "Google"}, timeout=5)
    except TransportError:
        raise NoCredentials(_NONE) from None
    if answer.headers.get("metadata-flavor") != "Google":
        raise NoCredentials(_NONE)
    if answer.status != 200:
        raise NoCredentials(f"Google credentials: this machine's metadata server answers with status {answer.status}")
    given = json.loads(answer.data)
    return _fresh({"authorization": f"Bearer {given['access_token']}"}, float(given["expires_in"]))


def _fresh(headers: dict[str, str], left_s: float) -> Fresh[bytes]:
    lines = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
    return Fresh(lines, max(left_s - _RENEW_BEFORE_S, left_s / 2), left_s - _SPARE_S)


def _left(expiry: datetime.datetime | None) -> float:
    """Seconds until the token ends; google-auth gives the time in UTC without saying so."""
    if expiry is None:
        return 2 * _RENEW_BEFORE_S
    return (expiry - datetime.datetime.now(datetime.UTC).replace(tzinfo=None)).total_seconds()
