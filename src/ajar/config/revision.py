"""What a rollout, or a roll-back, made of a route: it overlays the route's table in the file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from ajar.config.model import Route


class Arm(msgspec.Struct, frozen=True):
    """A deployment that takes part in an experiment, and its share of the units in per cent."""

    deployment: str
    percent: float


class Split(msgspec.Struct, frozen=True):
    """A live experiment on the route. The control is the first arm; the shares add up to 100.

    Only units that were assigned in the same `epoch` are compared: another share begins another one.
    """

    experiment: str
    epoch: int
    arms: tuple[Arm, ...]


class Copying(msgspec.Struct, frozen=True):
    """A share (0 to 1) of the route's live requests is asked of `deployment` too, after their callers were served."""

    experiment: str
    deployment: str
    share: float


class Revision(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The route as it is since `time` (microseconds since 1970 UTC). The file's own table is number 0.

    `base` is the digest of the file's table that this one overlays: where the file's differs by now, the file wins.
    `by` says who made it, and `why`. An experiment is over at `until` even if nobody is there to end it: then the
    primary has all traffic.
    """

    route: str
    number: int
    base: str
    time: int
    by: str
    why: str
    primary: str
    fallback: tuple[str, ...] = ()
    rollout: str | None = None
    split: Split | None = None
    copying: Copying | None = None
    until: int | None = None

    def at(self, now: int) -> Revision:
        """What it says at that time (microseconds since 1970 UTC)."""
        if self.until is None or now < self.until:
            return self
        return msgspec.structs.replace(self, split=None, copying=None, until=None)

    @property
    def deployments(self) -> set[str]:
        """All that it names."""
        named = {self.primary, *self.fallback}
        if self.split is not None:
            named |= {arm.deployment for arm in self.split.arms}
        if self.copying is not None:
            named.add(self.copying.deployment)
        return named


def table_digest(route: Route) -> str:
    """16 hex digits that stand for a route's table in the file.

    Keys at their defaults do not enter: a newer Ajar that knows more keys makes the same of the same table. Nor does it
    matter whether a number was written `1` or `1.0`, as it goes from process to process.
    """
    return hashlib.sha256(msgspec.json.encode(_said(route), order="sorted")).hexdigest()[:16]


def _said(value: Any) -> Any:
    """What a value says beyond its defaults, so that equal values say the same."""
    if isinstance(value, msgspec.Struct):
        usual = {field.name: _default(field) for field in msgspec.structs.fields(value)}
        found = {name: getattr(value, name) for name in usual}
        return {name: _said(each) for name, each in found.items() if each != usual[name]}
    if isinstance(value, dict):
        return {key: _said(each) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_said(each) for each in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
