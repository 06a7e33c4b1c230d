"""promptfoo's assertions as checks, one function for each kind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from ajar.evals.importers.imported import CannotCarry
from ajar.evals.importers.judge import rubric
from ajar.evals.importers.promptfoo.template import text_of
from ajar.evals.importers.same import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evals.importers.imported import Notes, Place

Check = dict[str, Any]
_DIALECT = "http://json-schema.org/draft-07/schema#"
_ESCAPED = re.compile(r"([\\.+*?()|\[\]{}^$])")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")


class Assertion(NamedTuple):
    """An assertion with its variables filled in. `kind` is without `not-`."""

    kind: str
    negated: bool
    value: Any
    threshold: float | None
    judge: str
    place: Place
    notes: Notes


def check(assertion: Assertion) -> Check:
    """The check that does the same. Raises CannotCarry."""
    made = _MADE.get(assertion.kind)
    if made is None:
        raise CannotCarry(f"the assertion `{_kind(assertion)}` is not carried: no scorer does the same")
    if assertion.negated and assertion.kind not in _NEGATED:
        raise CannotCarry(f"the assertion `{_kind(assertion)}` is not carried: its scorer has no opposite")
    return made(assertion)


def _kind(assertion: Assertion) -> str:
    return f"not-{assertion.kind}" if assertion.negated else assertion.kind


def _equals(one: Assertion) -> Check:
    value: Any = cast("Any", one.value) if isinstance(one.value, dict | list) else text_of(one.value)
    made = same(value, negate=one.negated)
    if made is None:
        raise CannotCarry("`not-equals` of a JSON value is not carried: its scorer has no opposite")
    return made


def _contains(one: Assertion) -> Check:
    kind = one.kind.removeprefix("i")
    made: Check = {"scorer": "contains"}
    if kind == "contains":
        made["value"] = text_of(one.value)
    else:
        values = cast("list[Any]", one.value) if isinstance(one.value, list) else str(one.value or "").split(",")
        made[kind.removeprefix("contains-")] = [text_of(value).strip() for value in values]
    return made | _marks(one, ignored=one.kind.startswith("i"))


def _starts(one: Assertion) -> Check:
    return {"scorer": "regex", "pattern": r"\A" + _ESCAPED.sub(r"\\\1", text_of(one.value))} | _marks(one)


def _regex(one: Assertion) -> Check:
    pattern = _UNICODE.sub(r"\\x{\1}", text_of(one.value))
    return {"scorer": "regex", "pattern": pattern} | _marks(one)


def _marks(one: Assertion, *, ignored: bool = False) -> Check:
    return ({"ignore_case": True} if ignored else {}) | ({"negate": True} if one.negated else {})


def _json(one: Assertion) -> Check:
    fence: Check = {}
    if one.kind == "contains-json":
        fence = {"fence": True}
        one.notes.lose(one.place, "`contains-json` finds JSON anywhere; here it may stand in a fence, and not in prose")
    if one.value in (None, ""):
        return {"scorer": "json", **fence}
    value: Any = one.value
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.MsgspecError as error:
            raise CannotCarry(f"the schema of `{one.kind}` is no JSON and is not carried") from error
    if not isinstance(value, dict):
        raise CannotCarry(f"the schema of `{one.kind}` is no mapping and is not carried")
    return {"scorer": "json-schema", "schema": {"$schema": _DIALECT, **cast("dict[str, Any]", value)}, **fence}


def _rubric(one: Assertion) -> Check:
    value = one.value if isinstance(one.value, str) else msgspec.json.encode(one.value).decode()
    made = rubric(value, one.judge, one.place, one.notes)
    if one.threshold is None:
        return made
    one.notes.lose(one.place, "the `threshold` of a judge's own score became one of a grade from 1 to 10")
    return made | {"scale": 10, "threshold": one.threshold}


def _cost(one: Assertion) -> Check:
    return {"scorer": "cost", "max_usd": _threshold(one)}


def _latency(one: Assertion) -> Check:
    return {"scorer": "latency", "max_ms": _threshold(one)}


def _threshold(one: Assertion) -> float:
    if one.threshold is None:
        raise CannotCarry(f"`{one.kind}` without a `threshold` only measures; it is measured here anyway")
    return one.threshold


def _levenshtein(one: Assertion) -> Check:
    text = text_of(one.value)
    if not text:
        raise CannotCarry("`levenshtein` to an empty text is not carried")
    edits = 5 if one.threshold is None else one.threshold
    one.notes.lose(one.place, "the most edits of `levenshtein` became a share of the text's length")
    return {
        "scorer": "similarity",
        "value": text,
        "strip": False,
        "threshold": round(max(0.001, 1 - edits / len(text)), 4),
    }


def _refusal(one: Assertion) -> Check:
    return {"scorer": "refusal"} if one.negated else {"scorer": "refusal", "expected": True}


def _finish(one: Assertion) -> Check:
    return {"scorer": "finish-reason", "is": text_of(one.value).lower()}


def _words(one: Assertion) -> Check:
    bounds: Any = one.value
    if isinstance(bounds, str) and bounds.isdigit():
        bounds = int(bounds)
    if isinstance(bounds, int | float):
        bounds = {"min": bounds, "max": bounds}
    if not isinstance(bounds, dict):
        raise CannotCarry("`word-count` without a number, or `min` and `max`, is not carried")
    known = cast("dict[str, Any]", bounds)
    return {"scorer": "length", "unit": "words"} | {key: known[key] for key in ("min", "max") if key in known}


def _similar(one: Assertion) -> Check:  # noqa: ARG001 - as all of them are called
    raise CannotCarry(
        "`similar` compares embeddings, which no scorer does, and is not carried; a `rubric` judges meaning"
    )


_MADE: dict[str, Callable[[Assertion], Check]] = {
    "equals": _equals,
    **dict.fromkeys(
        ("contains", "contains-all", "contains-any", "icontains", "icontains-all", "icontains-any"), _contains
    ),
    "starts-with": _starts,
    "regex": _regex,
    "is-json": _json,
    "contains-json": _json,
    "llm-rubric": _rubric,
    "similar": _similar,
    "cost": _cost,
    "latency": _latency,
    "levenshtein": _levenshtein,
    "is-refusal": _refusal,
    "finish-reason": _finish,
    "word-count": _words,
}
_NEGATED = {"equals", "contains", "contains-all", "contains-any", "icontains", "icontains-all", "icontains-any"} | {
    "starts-with",
    "regex",
    "is-refusal",
}
