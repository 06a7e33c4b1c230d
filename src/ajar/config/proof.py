"""Whether what a route says of its rollouts fits together: unit, checks, metrics and steps."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ajar.config.problem import Problem, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.config.model import Metric, Route, Swap
    from ajar.config.problem import KeyPath

OWN_METRICS = {
    "error": "boolean",
    "timeout": "boolean",
    "refusal": "boolean",
    "ttfb_ms": "number",
    "total_ms": "number",
    "cost_usd": "number",
    "tokens": "number",
}
"""What Ajar measures of every inference itself, and of which kind it is."""

_WORDS = frozenset({"comment", "demonstration"})
"""What feedback may give on every route without being a number, so that nothing can be compared by it."""
_KINDS = '"boolean", "rating" or "number"'
_BAD_ESCAPE = re.compile(r"~(?![01])")


def faults_of_proof(path: KeyPath, route: Route) -> Iterator[Problem]:
    """Every way in which they do not; `path` is the route's."""
    if route.unit.startswith("body:") and _BAD_ESCAPE.search(route.unit):
        yield Problem((*path, "unit"), "in a JSON pointer `~` is written `~0`, and a `/` within a name `~1`")
    for name in sorted(route.checks.keys() & OWN_METRICS):
        text = f"Ajar measures a metric {quoted(name)} itself; give the check another name"
        yield Problem((*path, "checks", name), text)
    primary: str | None = None
    for name, metric in route.metrics.items():
        at = (*path, "metrics", name)
        if metric.role == "primary":
            if primary is not None:
                text = f"{quoted(primary)} is the primary metric already: one decides; make this one a guard"
                yield Problem((*at, "role"), text)
            primary = primary or name
        yield from _metric(at, name, metric, is_check=name in route.checks)
    yield from _swap((*path, "swap"), route.swap)


def _metric(path: KeyPath, name: str, metric: Metric, *, is_check: bool) -> Iterator[Problem]:
    own = OWN_METRICS.get(name)
    if name in _WORDS:
        yield Problem(path, "every route takes feedback of this name, and it is text; rename the metric")
    if metric.margin is not None and metric.margin >= 1 and not _rises(name, metric, is_check=is_check):
        text = "must be less than 1: by no more than all of it can a metric fall, so every candidate would pass"
        yield Problem((*path, "margin"), text)
    if own is not None and metric.kind not in (None, own):
        yield Problem((*path, "kind"), f"Ajar measures this one itself, as a {own}; remove the line")
    elif own is None and metric.kind is None and not is_check:
        text = f"`kind` is missing; say what feedback gives: {_KINDS}"
        yield Problem(path, f"{text} (only Ajar's own metrics, {', '.join(OWN_METRICS)}, and checks go without)")
    if metric.quantile is not None:
        if (own or metric.kind) != "number":
            yield Problem((*path, "quantile"), "only a number has quantiles; remove the line")
        elif metric.role == "primary":
            text = "a primary metric is compared by its mean; remove the line, or make this metric a guard"
            yield Problem((*path, "quantile"), text)
    low, high = metric.scale
    if low >= high:
        yield Problem((*path, "scale"), "must be the lowest and the highest rating, such as [1, 5]")


def _rises(name: str, metric: Metric, *, is_check: bool) -> bool:
    """Whether worse means more of it, which has no end."""
    number = OWN_METRICS.get(name, metric.kind) == "number" and not is_check
    return number and (metric.better or ("down" if name in OWN_METRICS else "up")) == "down"


def _swap(path: KeyPath, swap: Swap) -> Iterator[Problem]:
    if any(after <= before for before, after in pairwise(swap.steps)):
        yield Problem((*path, "steps"), "each step must be larger than the one before, such as [1, 5, 25, 50]")
    if swap.webhook is not None:
        yield from _webhook((*path, "webhook"), swap.webhook)


def _webhook(path: KeyPath, url: str) -> Iterator[Problem]:
    # The address itself is not repeated: it may hold a secret.
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port or a half IPv6 address
        usable = False
        parts = urlsplit("")
    if not usable or not url.isascii() or re.search(r"\s", url):
        yield Problem(path, 'must be an address such as "https://host/path"')
    elif "@" in parts.netloc or parts.fragment:
        yield Problem(path, "must hold no user, password or `#`; the file is no place for secrets")
