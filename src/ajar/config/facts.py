"""What this room must know about providers and runtimes. Their rows live in rooms above and are passed in."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, Protocol, cast, get_args
from urllib.parse import urlsplit

import msgspec

from ajar.domain.dialog.parts import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ajar.config.model import Deployment

ASKED_FOR = ("region", "project", "location", "api_version")
"""The keys of a deployment that its provider's addresses may want."""

_FORMATS = frozenset(cast("tuple[Format, ...]", get_args(Format)))
_GOOGLE = ".googleapis.com"


class ProviderFacts(Protocol):
    """A row of the provider table. A runtime that is reached by its address has one under its own name."""

    @property
    def base_url(self) -> str | None:
        """Where the API starts, with `{region}` and `{location}`; None where each deployment gives its own."""
        ...

    @property
    def base_url_at(self) -> Mapping[str, str]:
        """Other starts, by region or location."""
        ...

    @property
    def api_key_env(self) -> str | None:
        """The environment variable that holds the key of a deployment that names none."""
        ...

    @property
    def auth(self) -> str:
        """`bearer`, `header:NAME`, `sigv4:SERVICE`, `google` or `none`."""
        ...

    @property
    def key(self) -> str:
        """`required` or `optional`."""
        ...

    def paths_of(self, model: str) -> Mapping[Any, str]:
        """The paths for this model by operation, the preferred format first."""
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

    The provider's usual variable is for the provider's own address: it is never sent to one that the file gives. Where
    the provider wants a Google token, the variable holds the path of a service account's key file.
    """
    row = row_of(deployment, providers)
    if is_started(deployment) or (row is not None and row.auth == "none"):
        return None
    if deployment.api_key is not None:
        return KeySource(deployment.api_key.removeprefix("env:"), required=True, named=True)
    if row is None or row.api_key_env is None or deployment.base_url is not None:
        return None
    return KeySource(row.api_key_env, required=row.key == "required", named=False)


def leaves_google(deployment: Deployment) -> bool:
    """Whether the file gives the deployment an address that is none of Google's.

    A token of the machine's own Google credentials never goes there: the file must name the account.
    """
    if deployment.base_url is None:
        return False
    return not f".{urlsplit(deployment.base_url).hostname or ''}".endswith(_GOOGLE)


def formats(operations: Iterable[str]) -> tuple[Format, ...]:
    """Those of the operations that are formats, in the same order."""
    return tuple(name for name in operations if name in _FORMATS)


def paths_of(deployment: Deployment, row: ProviderFacts) -> dict[str, str]:
    """The deployment's paths by operation, placeholders not filled in: of the format that it names only, if any."""
    only = deployment.format
    paths = row.paths_of(deployment.model)
    return {name: path for name, path in paths.items() if only is None or name == only or name.startswith(f"{only}-")}


def formats_of(deployment: Deployment, row: ProviderFacts) -> tuple[Format, ...]:
    """The formats that the deployment is asked in, the preferred one first."""
    return formats(paths_of(deployment, row))


def base_url_of(deployment: Deployment, row: ProviderFacts) -> str | None:
    """Where the deployment's API starts; None where that is not known, as of a runtime that Ajar starts."""
    template = deployment.base_url or row.base_url_at.get(deployment.location or deployment.region or "", row.base_url)
    if template is None or deployment.base_url is not None:
        return template
    return template.format(region=deployment.region or "", location=deployment.location or "")


def needs(deployment: Deployment, row: ProviderFacts) -> tuple[str, ...]:
    """Those of `ASKED_FOR` that the deployment must give: its addresses, or their signatures, hold them."""
    texts = [*paths_of(deployment, row).values(), "" if deployment.base_url else row.base_url or ""]
    named = {field for text in texts for _, field, _, _ in string.Formatter().parse(text)}
    if row.auth.startswith("sigv4:"):
        named.add("region")
    return tuple(key for key in ASKED_FOR if key in named)
