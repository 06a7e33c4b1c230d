"""The checks of a promptfoo test: its assertions one by one, sets of them unfolded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.config.problem import shortened
from ajar.evals.importers.imported import CannotCarry, Place
from ajar.evals.importers.names import check_name
from ajar.evals.importers.promptfoo.assertions import Assertion, check
from ajar.evals.importers.promptfoo.template import render_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ajar.evals.importers.imported import Notes
    from ajar.evals.importers.promptfoo.files import Files

_RUN = ("javascript", "python", "ruby", "webhook")
_CODE = ("transform", "contextTransform")
_CARRIED = {"type", "value", "threshold", "weight", "metric", "provider", *_CODE}
_TEMPLATE = "#/assertionTemplates/"


class Assertions:
    """Makes checks of assertions. `templates` are those that the file defines for reuse."""

    def __init__(self, templates: Mapping[str, Any], files: Files, notes: Notes) -> None:
        self._templates = templates
        self._files = files
        self._notes = notes

    def checks(
        self, asserts: Sequence[tuple[Any, Place]], variables: Mapping[str, Any], judge: str
    ) -> dict[str, dict[str, Any]]:
        """The checks of a case by name. What cannot be carried is noted."""
        made: dict[str, dict[str, Any]] = {}
        for known, place in self._unfolded(asserts):
            kind = str(known.get("type", ""))
            try:
                one = check(self._assertion(known, variables, judge, place))
            except CannotCarry as error:
                if str(error):
                    self._notes.lose(place, str(error))
                continue
            made[check_name(known.get("metric") or kind, made)] = one
        return made

    def _unfolded(self, asserts: Sequence[tuple[Any, Place]]) -> Iterator[tuple[dict[str, Any], Place]]:
        for one, place in asserts:
            known = self._resolved(one)
            if known is None:
                self._notes.lose(place, "an assertion without a `type` is not carried")
            elif known.get("type") != "assert-set":
                yield known, place
            elif known.get("threshold", 1) != 1:
                self._notes.lose(place, "an `assert-set` of which only a part must pass is not carried")
            else:
                inner = known.get("assert")
                listed = cast("list[Any]", inner) if isinstance(inner, list) else []
                yield from self._unfolded([(item, place.at("assert", index)) for index, item in enumerate(listed)])

    def _resolved(self, one: Any) -> dict[str, Any] | None:
        """The assertion, or the template that it names with what it says itself."""
        if not isinstance(one, dict):
            return None
        known = cast("dict[str, Any]", one)
        reference = known.get("$ref")
        if isinstance(reference, str) and reference.startswith(_TEMPLATE):
            template = self._templates.get(reference.removeprefix(_TEMPLATE))
            rest = {key: value for key, value in known.items() if key != "$ref"}
            known = {**cast("dict[str, Any]", template), **rest} if isinstance(template, dict) else rest
        return known if isinstance(known.get("type"), str) else None

    def _assertion(self, known: dict[str, Any], variables: Mapping[str, Any], judge: str, place: Place) -> Assertion:
        kind = str(known["type"])
        bare = kind.removeprefix("not-")
        if bare in _RUN:
            self._notes.code(place, f"the assertion `{kind}`")
            raise CannotCarry
        for key in _CODE:
            if known.get(key):
                self._notes.code(place, f"`{key}` of an assertion")
                raise CannotCarry(f"an assertion with `{key}` is not carried: it judges another text")
        for key in known:
            if key not in _CARRIED:
                self._notes.lose(place, f"`{key}` of an assertion is not carried")
        self._weigh(known.get("weight", 1), kind, place)
        try:
            value = render_all(self._held(known.get("value"), place), variables)
        except CannotCarry as error:
            raise CannotCarry(f"{error}; an assertion is left out" if str(error) else "") from error
        threshold = known.get("threshold")
        number = threshold if isinstance(threshold, int | float) else None
        judge = _provider(known.get("provider")) or judge
        return Assertion(bare, kind != bare, value, number, judge, place, self._notes)

    def _weigh(self, weight: object, kind: str, place: Place) -> None:
        if weight == 0:
            raise CannotCarry(
                f"the assertion `{shortened(kind)}` of weight 0, which never fails a test, is not carried"
            )
        if weight != 1:
            self._notes.lose(place, "the `weight` of an assertion is not carried: every check must pass")

    def _held(self, value: Any, place: Place) -> Any:
        """The value, or what the file holds that it names."""
        if isinstance(value, list):
            return [self._held(item, place) for item in cast("list[Any]", value)]
        if not self._files.names_one(value):
            return value
        held = self._files.get(str(value), place)
        if held is None:
            raise CannotCarry
        return held.document.value if isinstance(held, Place) else held.strip()


def _provider(value: Any) -> str:
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value).get("id")
    return value if isinstance(value, str) else ""
