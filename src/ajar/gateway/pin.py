"""Where a request may go that carries values which only their issuer understands. Pure.

1. A *state id* names what lies with a provider (an earlier response, a file, a container): the request goes to that
   account and nowhere else. An id that was not given to this caller through Ajar is refused, for it may be another's.
2. An *opaque value* (a thought's signature, encrypted content) goes back to the account that issued it, and is left out
   for any other. One of unknown origin goes along only where a single account could have issued it.
3. A target that gets all of them may take the request's bytes as they are; for any other they are read and written anew
   without what it must not see, and what is left out is named to the caller.
4. Targets that understand the last value come first: a conversation goes on where it is. What policy, a rollback or the
   caller excluded beats that, and a note says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from ajar.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ajar.store.origins import Origin
    from ajar.wire.opaque_request import Values


class Place(Protocol):
    """A deployment, and the account that it is used with: what one issues, the other deployments of it understand."""

    @property
    def name(self) -> str:
        """The deployment's name."""
        ...

    @property
    def account(self) -> str:
        """Any text that is the same exactly where opaque values and kept state may be shared."""
        ...


T = TypeVar("T", bound=Place)


class Allowed(NamedTuple, Generic[T]):
    """One target, and what it may see."""

    target: T
    as_is: bool
    """Whether the request's own bytes may go there, if it speaks their format."""
    kept: frozenset[bytes]
    """The opaque values and the state ids that may go there."""

    def keeps(self, value: str) -> bool:
        """Whether an opaque value, or a state id, may go there: for `wire.back.Back`."""
        return value.encode() in self.kept


class Pin(NamedTuple, Generic[T]):
    """The targets in the order in which to try them; `notes` say where policy or a rollback beat a pin."""

    targets: tuple[Allowed[T], ...]
    notes: tuple[str, ...]


def pin(
    values: Values,
    find: Callable[[bytes], Origin | None],
    targets: Sequence[T],
    *,
    absent: Sequence[T] = (),
    beside: Sequence[T] = (),
    why: Mapping[str, str] | None = None,
) -> Pin[T]:
    """What each of `targets` may get, and which to try first.

    `find` tells a value's origin for this caller. `targets` are the plan's, in order; `absent` are deployments that the
    plan left out and that could have answered earlier requests. One of `beside`, a target or not, is the first where it
    has itself given the last opaque value, or any state id: with an account in common, another one would do too, and
    a conversation would go from one arm of an experiment to the other.
    `why` has, by deployment name, the reason for which no pin may choose it, to follow "deployment `x`": "was rolled
    back". A target that is named there keeps its place, but is not preferred, and no state id leads to it.

    Raises InvalidField where a state id is unknown, or leads to none of the targets.
    """
    if not values:
        return Pin(tuple(Allowed(target, True, frozenset()) for target in targets), ())
    why = why or {}
    notes: dict[str, None] = {}
    origins = [find(value) if value else None for value in values.opaque]
    last = next((origin for origin in reversed(origins) if origin is not None), None)
    if beside:
        givers = [last, *(find(value) for value in values.state)]
        first = [each for each in beside if any(origin is not None and _gave(each, origin) for origin in givers)]
        targets = (*first, *(target for target in targets if target not in first))
    able = _holding(values, find, targets, absent, why)
    alone = len({each.account for each in (*targets, *absent, *beside)}) == 1
    state = frozenset(values.state)
    allowed = [_allowed(target, values.opaque, origins, alone, state) for target in able]
    if last is not None:
        preferred = [last.account_is(each.target.account) and each.target.name not in why for each in allowed]
        if not any(preferred):
            for place in (*targets, *absent):
                if _gave(place, last):
                    notes[f"deployment `{place.name}` {_reason(place, why)}"] = None
        order = sorted(range(len(allowed)), key=lambda at: not preferred[at])
        allowed = [allowed[at] for at in order]
    return Pin(tuple(allowed), tuple(notes))


def is_tied(values: Values, find: Callable[[bytes], Origin | None]) -> bool:
    """Whether anything of `values` leads to a deployment, or might: such a request is not free to go anywhere."""
    return bool(values.state) or any(value and find(value) is not None for value in values.opaque)


def _gave(place: Place, origin: Origin) -> bool:
    return origin.deployment_is(place.name) and origin.account_is(place.account)


def _allowed(
    target: T, opaque: list[bytes], origins: list[Origin | None], alone: bool, state: frozenset[bytes]
) -> Allowed[T]:
    """What `target`, which holds all `state`, may see."""
    kept = frozenset(
        value
        for value, origin in zip(opaque, origins, strict=True)
        if (alone if origin is None else origin.account_is(target.account))
    )
    return Allowed(target, len(kept) == len(opaque), kept | state)


def _holding(
    values: Values,
    find: Callable[[bytes], Origin | None],
    targets: Sequence[T],
    absent: Sequence[T],
    why: Mapping[str, str],
) -> list[T]:
    """The targets that hold whatever the state ids name. Raises InvalidField."""
    able = list(targets)
    for value in values.state:
        param = values.where[value]
        origin = find(value)
        if origin is None:
            raise InvalidField(
                f"`{_shown(value)}` is not known here: it was not given to this caller through Ajar, or too long ago."
                f" {_REMEDY}",
                param=param,
            )
        holders = [place for place in targets if origin.account_is(place.account) and place.name not in why]
        able = [place for place in able if place in holders]
        if not able:
            apart = "lies with another provider account than the ids before it"
            words = apart if holders else _elsewhere(origin, targets, absent, why)
            raise InvalidField(f"`{_shown(value)}` {words}. {_REMEDY}", param=param)
    return able


_REMEDY = "Send the content itself in place of the id: all earlier messages, or the file's data"


def _elsewhere(origin: Origin, targets: Sequence[T], absent: Sequence[T], why: Mapping[str, str]) -> str:
    for place in (*targets, *absent):
        if _gave(place, origin):
            return f"lies with deployment `{place.name}`, which {_reason(place, why)}"
    return "lies with a deployment that is not one of this route's"


def _reason(place: Place, why: Mapping[str, str]) -> str:
    return why.get(place.name, "cannot be used for this request")


def _shown(value: bytes) -> str:
    return value[:80].decode("utf-8", "replace")
