"""Whether the environment lets deployments be reached: known before the first of them is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.upstream.origin import parse_base_url
from ajar.upstream.proxy import ProxyRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def way_faults(base_urls: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The deployments, of those with these base URLs, that no connection can be made to from here, and why.

    What is wrong with all of them alike is told of the first only. A URL that cannot be read is passed over.
    """
    proxies = ProxyRules(environ)
    told: set[str] = set()
    for name, url in base_urls.items():
        try:
            origin, _ = parse_base_url(url)
        except ValueError:
            continue
        why = ""
        try:
            proxies.find(origin)
        except ValueError as error:
            why = str(error)
        if not why and origin.scheme == "https":
            why = _trust_fault(environ)
        if why and why not in told:
            told.add(why)
            yield name, why


def _trust_fault(environ: Mapping[str, str]) -> str:
    if not environ.get("SSL_CERT_FILE"):
        return ""
    from ajar.upstream.tls import default_context  # what it loads takes longer than the whole check

    try:
        default_context(environ)
    except ValueError as error:
        return str(error)
    return ""
