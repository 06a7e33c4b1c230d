"""A copy of a live inference, and which ones there may be."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from ajar.errors import InvalidField
from ajar.gateway.fit import body_of_copy
from ajar.gateway.head import without_identity
from ajar.gateway.pin import pin

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.copying import CopyTo
    from ajar.gateway.head import Head
    from ajar.gateway.inference import Inference
    from ajar.gateway.plan import Plan
    from ajar.gateway.target import Target
    from ajar.store.origins import Origins
    from ajar.wire.fronts import Front


def chosen(inference: str, share: float) -> bool:
    """Whether an inference is among the `share` (0 to 1) that is copied: its id alone decides."""
    number = int.from_bytes(blake2b(inference.encode(), digest_size=8, person=b"ajar.shadow").digest())
    return number < share * 2**64


def others(plan: Plan) -> tuple[Target, ...]:
    """All that may have given what a request of this plan carries, whether they could be asked now or not."""
    return (*plan.targets, *plan.absent, *plan.beside)


class Copy:
    """One that waits or runs: all that it needs of the live inference, and no more. `why` is set where it is cut."""

    __slots__ = ("body", "caller", "config", "experiment", "front", "head", "live", "plan", "route", "stream", "why")

    def __init__(self, live: Inference, route: str, front: Front, body: bytes, head: Head, copying: CopyTo) -> None:
        self.live = live.id
        self.route = route
        self.experiment = copying.experiment
        self.config = live.config
        self.caller = live.caller
        self.stream = live.stream
        self.plan = live.plan
        self.front = front
        self.body = body
        self.head = without_identity(head)
        self.why: str | None = None


def make_copy(live: Inference, route: str, ask: Ask, head: Head, copying: CopyTo, origins: Origins) -> Copy | None:
    """None where the request leans on what another deployment keeps or issued, or would leave something behind."""
    body = body_of_copy(ask)
    if body is None:
        return None
    if ask.values:
        find = partial(origins.find, live.caller)
        try:
            pinned = pin(ask.values, find, (copying.target,), absent=others(live.plan))
        except InvalidField:
            return None
        if not pinned.targets[0].as_is:
            return None
    return Copy(live, route, ask.front, body, head, copying)
