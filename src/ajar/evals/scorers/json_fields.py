"""The scorer `json-fields`: the answer is an object whose members are right, each by itself."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from msgspec import Meta

from ajar.config.problem import hint, quoted, shortened
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorer import Scorer
from ajar.evals.scorers.compare import Compare
from ajar.evals.scorers.document import NotJson, parse

_OTHERS = "*"
_ABSENT = object()
_PLAIN = Compare()
_Object = Mapping[str, object]


class _Part(NamedTuple):
    name: str
    wanted: object
    given: object


class JsonFields(Scorer, frozen=True, kw_only=True):
    """The share of the target's members that the answer, a JSON object, has right.

    Objects within the target are compared member by member too: `address.city` is a field of its own. Lists are
    compared as wholes. A field that is missing is wrong, also where the target says null.
    """

    name = "json-fields"
    binary = False

    fields: Annotated[
        list[str], Meta(description="Which of the target's members count, such as `intent` or `address.city`; all.")
    ] = msgspec.field(default_factory=list[str])
    compare: Annotated[
        dict[str, Compare],
        Meta(description="How the value of a field is compared, by its name; `*` for all that are not named."),
    ] = msgspec.field(default_factory=dict[str, Compare])
    extra: Annotated[
        Literal["ignore", "count"], Meta(description="Whether each member that the target lacks is a wrong field.")
    ] = "ignore"
    fence: Annotated[bool, Meta(description="Whether the JSON may stand in a Markdown fence.")] = False

    def fault(self, case: Case) -> str | None:
        """Whether the target is an object with the fields that the options name."""
        target = _target(case)
        if target is None:
            return "the `target` must be a JSON object (a mapping) here"
        parts = list(_parts(target, {}))
        strange = next((part for part in parts if not _is_json(part.wanted)), None)
        if strange is not None:
            return f"`{strange.name}` of the `target` is no JSON value ({type(strange.wanted).__name__}); quote it"
        names = [part.name for part in parts]
        if not names:
            return "the `target` is an empty object; give it the members that a good answer has"
        for name in (*self.fields, *self.compare):
            if name != _OTHERS and not any(_within(leaf, name) for leaf in names):
                return f"the `target` of this case has no field `{name}`; {hint(name, names, 'its fields')}"
        return None

    def score(self, answer: Answer, case: Case) -> Score:
        """The share of the fields that are right, and each of them."""
        target = _target(case)
        if target is None:
            return Score(None, self.fault(case) or "")
        try:
            given = parse(answer.text, fence=self.fence)
        except NotJson as error:
            return self._scored(list(self._counted(target, {})), f"not JSON: {error}")
        if not isinstance(given, dict):
            return self._scored(list(self._counted(target, {})), "JSON, but no object")
        return self._scored(list(self._counted(target, cast("dict[str, object]", given))))

    def _counted(self, target: _Object, given: _Object) -> Iterator[_Part]:
        """The parts that count: those that are wanted and, as parts too, those that are not."""
        for part in _parts(target, given):
            if not self.fields or any(_within(part.name, name) for name in self.fields):
                yield part

    def _scored(self, parts: list[_Part], fault: str = "") -> Score:
        values: dict[str, float] = {}
        wrong: dict[str, list[str]] = {"wrong": [], "missing": [], "not in the target": []}
        for part in parts:
            if part.wanted is _ABSENT:
                wrong["not in the target"].append(part.name)
                continue
            there = part.given is not _ABSENT
            values[part.name] = value = self._rule(part.name).value(part.given, part.wanted) if there else 0.0
            if value < 1:
                wrong["wrong" if there else "missing"].append(part.name)
        if not values:
            return Score(None, "the target has none of the fields that count")
        why = fault or "; ".join(f"{word}: {_listed(names)}" for word, names in wrong.items() if names)
        # Extra members make the value smaller and are no fields: their names are the model's own, without end.
        counted = len(values) + (len(wrong["not in the target"]) if self.extra == "count" else 0)
        return Score(sum(values.values()) / counted, why, values)

    def _rule(self, name: str) -> Compare:
        """The rule of the field, of the nearest object around it, or of all others."""
        if not self.compare:
            return _PLAIN
        around = max((rule for rule in self.compare if _within(name, rule)), key=len, default=_OTHERS)
        return self.compare.get(around, _PLAIN)


def _target(case: Case) -> _Object | None:
    """The target where it is an object, or text that is one in JSON."""
    target: Any = case.target
    if isinstance(target, str):
        try:
            target = parse(target)
        except NotJson:
            return None
    return cast("_Object", target) if isinstance(target, dict) else None


def _parts(target: _Object, given: object, prefix: str = "") -> Iterator[_Part]:
    """Every field of the target with what was given for it, and every member that the target does not have."""
    members: _Object = cast("_Object", given) if isinstance(given, dict) else {}
    for key, wanted in target.items():
        name = prefix + _spelt(key)
        if isinstance(wanted, dict) and wanted:
            yield from _parts(cast("_Object", wanted), members.get(key), f"{name}.")
        else:
            yield _Part(name, wanted, members.get(key, _ABSENT))
    for key in members:
        if key not in target:
            yield _Part(prefix + _spelt(key), _ABSENT, members[key])


def _spelt(key: object) -> str:
    """The key as a part of a name; in quotes where it would be read as several, or not at all."""
    text = str(key)
    return text if text and "." not in text and text[0] != '"' and text.isprintable() else quoted(text)


def _within(name: str, around: str) -> bool:
    return name == around or name.startswith(f"{around}.")


def _is_json(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, cast("list[object]", value)))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in cast("dict[object, object]", value).items())
    return value is None or isinstance(value, str | int | float)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(shortened(name) for name in names[:10]) + more
