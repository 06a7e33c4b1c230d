"""How one deployment is asked: in the caller's own bytes, or translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ajar.domain.dialog.losses import Losses
from ajar.errors import CannotCarry, NotSpoken
from ajar.wire.anthropic.request_write import write_count_request
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import COUNT_TOKENS

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format
    from ajar.gateway import pin
    from ajar.gateway.ask import Ask
    from ajar.gateway.plan import Plan
    from ajar.gateway.target import Target
    from ajar.wire.back import Back


class Leg(NamedTuple):
    """One request to one deployment. `back` is None where the caller's own format goes through."""

    path: str
    """Which of the deployment's paths it goes to."""
    body: bytes
    back: Format | None
    losses: Losses


def leg(ask: Ask, target: Target, plan: Plan, place: pin.Allowed[Target] | None) -> Leg:
    """The request for `target`; `place` says which opaque values may go there, None that there are none.

    Raises CannotCarry and NotSpoken where this deployment cannot be asked this.
    """
    front, view, losses = ask.front, ask.view, Losses()
    if front.path in target.heads and (place is None or place.as_is):
        body = view.outgoing(target.model, meter=plan.meter_streams and target.stream_usage)
        path = _path(front.path, target, view.stream)
        return Leg(path, target.dress(path, body), None, losses)
    if front is COUNT_TOKENS and front.path in target.heads:
        body = write_count_request(ask.typed(), _writes(target, place), losses)
        return Leg(front.path, target.dress(front.path, body), None, losses)
    if not front.translates or not target.formats:
        raise NotSpoken(f"deployment `{target.name}` has no {front.title}", param="model")
    back = front.format if front.format in target.formats else target.formats[0]
    body = FORMATS[back].write_request(ask.typed(), _writes(target, place), losses)
    if losses and plan.strict:
        raise strict(target.name, losses)
    path = _path(back, target, view.stream)
    return Leg(path, target.dress(path, body), back, losses)


def strict(name: str, losses: Losses) -> CannotCarry:
    """What a strict route says of a loss."""
    names = ", ".join(f"`{each}`" for each in losses.names)
    return CannotCarry(f"this route is strict, and {names} cannot be carried to or from deployment `{name}`")


def _writes(target: Target, place: pin.Allowed[Target] | None) -> Back:
    return target.back if place is None else msgspec.structs.replace(target.back, keeps=place.keeps)


def _path(path: str, target: Target, stream: bool) -> str:
    of_streams = f"{path}-stream"
    return of_streams if stream and of_streams in target.heads else path
