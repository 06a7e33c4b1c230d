"""Revisions over a config: whether one holds, and what the route is then."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ajar.config.revision import table_digest

if TYPE_CHECKING:
    from ajar.config.model import Config, Route
    from ajar.config.revision import Revision


def misfit(revision: Revision, config: Config) -> str:
    """Why the file wins over this revision; empty where it does not, and the revision holds."""
    route = config.routes.get(revision.route)
    if route is None:
        return f"the file has no route {revision.route}"
    if table_digest(route) != revision.base:
        return "the file's table for the route has changed since"
    gone = sorted(revision.deployments - config.deployments.keys())
    if gone:
        return f"the file no longer has the deployment{'s' if len(gone) > 1 else ''} {', '.join(gone)}"
    return ""


def in_order(route: Route, revision: Revision | None) -> tuple[str, ...]:
    """The route's deployments: those of a split first, then as they are tried."""
    if revision is None:
        return (route.primary, *route.fallback)
    arms = () if revision.split is None else tuple(arm.deployment for arm in revision.split.arms)
    return tuple(dict.fromkeys((*arms, revision.primary, *revision.fallback)))


def fault(revision: Revision) -> str:
    """What no revision may say; empty where there is nothing of the kind."""
    if revision.number < 1:
        return f"{revision.number} is no number of a revision"
    if revision.primary in revision.fallback or len(set(revision.fallback)) != len(revision.fallback):
        return "a deployment stands twice in its plan"
    if revision.copying is not None and not 0 <= revision.copying.share <= 1:
        return f"{revision.copying.share:g} is no share"
    if revision.split is None:
        return ""
    arms = revision.split.arms
    if len(arms) < 2 or len({arm.deployment for arm in arms}) != len(arms):
        return "a split takes two deployments or more, each of them once"
    if arms[0].deployment != revision.primary:
        return "the first arm of its split is not its primary"
    shares = [arm.percent for arm in arms]
    if not all(0 <= share <= 100 for share in shares) or not math.isclose(math.fsum(shares), 100, abs_tol=1e-6):
        return "the shares of its split do not add up to 100 %"
    return ""
