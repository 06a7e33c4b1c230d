"""The requests of a plan, one deployment after the other, made when they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import CannotCarry, InvalidField, NotSpoken
from ajar.gateway.leg import leg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.errors import RequestError
    from ajar.gateway import pin
    from ajar.gateway.ask import Ask
    from ajar.gateway.leg import Leg
    from ajar.gateway.plan import Plan
    from ajar.gateway.target import Target


class Legs:
    """Passes over deployments that cannot be asked this. `refusal` says why the first of them cannot."""

    __slots__ = ("_ask", "_at", "_places", "_plan", "_targets", "refusal")

    def __init__(self, ask: Ask, plan: Plan, places: Sequence[pin.Allowed[Target]] | None) -> None:
        self._ask = ask
        self._plan = plan
        self._places = places
        self._targets = plan.targets if places is None else tuple(place.target for place in places)
        self._at = 0
        self.refusal: RequestError | None = None

    def next(self) -> tuple[Target, Leg] | None:
        """The next deployment that can be asked, and its request; None where there is no more."""
        while self._at < len(self._targets):
            at = self._at
            self._at = at + 1
            target = self._targets[at]
            try:
                return target, leg(self._ask, target, self._plan, None if self._places is None else self._places[at])
            except (CannotCarry, NotSpoken, InvalidField) as error:
                # Another one may speak another format, or take the bytes as they are.
                self.refusal = self.refusal or error
        return None
