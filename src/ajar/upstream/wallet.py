"""Every deployment's credentials, kept while snapshots come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.config.facts import key_source, leaves_google
from ajar.upstream.credentials import Credentials, Static
from ajar.upstream.google_token import GoogleToken
from ajar.upstream.providers import providers
from ajar.upstream.sigv4 import SigV4, aws_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Deployment
    from ajar.upstream.fetched import Fetched


class Wallet:
    """One for each worker, so that a new snapshot does not fetch anew what is at hand. Making it fetches nothing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._aws: Fetched[Any] | None = None
        self._google: dict[str | None, GoogleToken] = {}

    def credentials(self, deployment: Deployment) -> Credentials:
        """The credentials of this deployment, whose provider or runtime must be known."""
        known = providers()
        auth = known[deployment.provider or deployment.runtime or ""].auth
        source = key_source(deployment, known)
        secret = self._environ.get(source.variable) if source else None
        if auth == "google" and (secret or (source is None and not leaves_google(deployment))):
            return self._token(secret)
        name, _, service = auth.partition(":")
        if name == "sigv4" and not secret:
            return SigV4(service, deployment.region or "", self._chain())
        return Static(auth, secret)

    def _token(self, key_file: str | None) -> GoogleToken:
        if key_file not in self._google:
            self._google[key_file] = GoogleToken(key_file)
        return self._google[key_file]

    def _chain(self) -> Fetched[Any]:
        if self._aws is None:
            self._aws = aws_keys()
        return self._aws
