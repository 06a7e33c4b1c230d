"""What this room must know about providers and runtimes. Their rows live in rooms above and are passed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Deployment


class ProviderFacts(Protocol):
    """A row of the provider table. A runtime that is reached by its address has one under its own name."""

    @property
    def base_url(self) -> str | None:
        """Where the API starts; None where each deployment gives its own."""
        ...

    @property
    def api_key_env(self) -> str | None:
        """The environment variable that holds the key of a deployment that names none."""
        ...

    @property
    def auth(self) -> str:
        """`bearer`, `header:NAME` or `none`."""
        ...

    @property
    def key(self) -> str:
        """`required` or `optional`."""
        ...

    @property
    def needs_api_version(self) -> bool:
        """Whether a deployment must give `api_version`."""
        ...


class RuntimeFacts(Protocol):
    """A kind of open-weight server."""

    @property
    def program(self) -> str | None:
        """The module that Ajar starts it with; None where it is reached by its address only."""
        ...


class KeySource(msgspec.Struct, frozen=True):
    """The environment variable that a deployment's API key is taken from, and who named it."""

    variable: str
    required: bool
    named: bool
    """Whether the deployment names it; otherwise it is the provider's usual one."""


def is_started(deployment: Deployment) -> bool:
    """Whether Ajar starts the deployment's server; otherwise it is reached by its address."""
    return deployment.runtime is not None and deployment.base_url is None


def row_of(deployment: Deployment, providers: Mapping[str, ProviderFacts]) -> ProviderFacts | None:
    """The provider row that says how the deployment is spoken to; None where there is none of its name."""
    return providers.get(deployment.provider or deployment.runtime or "")


def key_source(deployment: Deployment, providers: Mapping[str, ProviderFacts]) -> KeySource | None:
    """Where the key that Ajar sends to the deployment comes from; None where it sends none.

    The provider's usual variable is for the provider's own address: it is never sent to one that the file gives.
    """
    row = row_of(deployment, providers)
    if is_started(deployment) or (row is not None and row.auth == "none"):
        return None
    if deployment.api_key is not None:
        return KeySource(deployment.api_key.removeprefix("env:"), required=True, named=True)
    if row is None or row.api_key_env is None or deployment.base_url is not None:
        return None
    return KeySource(row.api_key_env, required=row.key == "required", named=False)
