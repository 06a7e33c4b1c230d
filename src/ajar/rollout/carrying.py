"""Whether a candidate's format can say what the route's callers say: their recorded requests are translated to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ajar.config.facts import formats_of, row_of
from ajar.domain.dialog.losses import Losses
from ajar.errors import AjarError
from ajar.rollout.document import Finding
from ajar.upstream.providers import providers
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.config.model import Deployment, Route
    from ajar.domain.dialog.parts import Format
    from ajar.rollout.usage import Used

_FRONTS: Final[dict[str, Format]] = {
    "chat": "openai-chat",
    "responses": "openai-responses",
    "messages": "anthropic",
}
"""By operation, as records call it."""
_SHOWN: Final = 5


def carrying(deployment: Deployment, route: Route, traffic: Used) -> Finding:
    """What of the recorded requests cannot reach the candidate: tools, images, schemas, or single fields."""
    if route.bodies == "none" and not traffic.bodies:
        said = 'what requests hold is not recorded (`bodies = "none"`): their tools, images and schemas are not checked'
        return Finding("capabilities", "unknown", said)
    row = row_of(deployment, providers())
    formats = () if row is None else formats_of(deployment, row)
    if row is None or not formats or not traffic.bodies:
        return Finding("capabilities", "unknown", "there is nothing to check this with")
    quirks: Iterable[str] = getattr(row, "quirks", ())
    back = Back(model=deployment.model, quirks=frozenset(quirks))
    lost: Counter[str] = Counter()
    refused = 0
    for operation, body in traffic.bodies:
        names = _lost(_FRONTS.get(operation), formats, back, body)
        if names is None:
            refused += 1
        else:
            lost.update(names)
    return _said(len(traffic.bodies), refused, lost, strict=route.strict)


def _lost(front: Format | None, formats: tuple[Format, ...], back: Back, body: str) -> tuple[str, ...] | None:
    """What is dropped of a request; None where it cannot be said at all."""
    if front is None or front in formats:
        return ()
    losses = Losses()
    try:
        request = FORMATS[front].read_request(body.encode())
    except AjarError:
        return ()  # the request itself is at fault
    try:
        FORMATS[formats[0]].write_request(request, back, losses)
    except AjarError:
        return None
    return losses.names


def _said(bodies: int, refused: int, lost: Counter[str], *, strict: bool) -> Finding:
    if not refused and not lost:
        return Finding("capabilities", "ok", f"the last {bodies:,} recorded requests reach the candidate whole")
    parts = [f"{refused} of the last {bodies:,} recorded requests cannot be said in its format"] if refused else []
    if lost:
        names = ", ".join(f"{name} ({count})" for name, count in lost.most_common(_SHOWN))
        parts.append(f"of the last {bodies:,} recorded requests it would not get {names}")
    worst = refused + (max(lost.values()) if strict and lost else 0)
    return Finding("capabilities", "fail" if worst > bodies / 100 else "warning", "; ".join(parts))
