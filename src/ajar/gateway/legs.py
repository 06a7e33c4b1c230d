"""The requests of a plan, one for each deployment, made when they are wanted."""

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
    """`targets` are in the order in which to try them. `refusal` says why the first that cannot be asked cannot."""

    __slots__ = ("_ask", "_places", "_plan", "refusal", "targets")

    def __init__(self, ask: Ask, plan: Plan, places: Sequence[pin.Allowed[Target]] | None) -> None:
        self._ask = ask
        self._plan = plan
        self._places = places
        self.targets = plan.targets if places is None else tuple(place.target for place in places)
        self.refusal: RequestError | None = None

    def make(self, at: int) -> Leg | None:
        """The request to the target at this place; None where that one cannot be asked this."""
        try:
            place = None if self._places is None else self._places[at]
            return leg(self._ask, self.targets[at], self._plan, place)
        except (CannotCarry, NotSpoken, InvalidField) as error:
            # Another one may speak another format, or take the bytes as they are.
            self.refusal = self.refusal or error.anew()
            return None
