"""Datasets of pydantic-evals: YAML or JSON with `cases` and `evaluators`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.config.problem import shortened
from ajar.errors import ConfigError
from ajar.evals.importers.draft import Draft
from ajar.evals.importers.imported import CannotCarry, Notes, Place
from ajar.evals.importers.judge import rubric
from ajar.evals.importers.names import check_name
from ajar.evals.importers.same import same
from ajar.evals.suite.document import read as read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ajar.evals.importers.imported import Imported

_TYPES = {"dict": "object", "list": "array", "int": "integer", "float": "number", "bool": "boolean"}
_SECONDS = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_FIRST = {"Equals": "value", "Contains": "value", "IsInstance": "type_name", "MaxDuration": "seconds"} | {
    "LLMJudge": "rubric",
    "EqualsExpected": "evaluation_name",
}


def read(path: Path, *, allow_code: bool = False) -> Imported:
    """A dataset as `Dataset.to_file` writes it."""
    notes = Notes(allow_code=allow_code)
    document = read_document(path)
    dataset = document.value
    if not isinstance(dataset, dict) or not isinstance(cast("dict[str, Any]", dataset).get("cases"), list):
        raise ConfigError([f"{path}:1: this is no dataset of pydantic-evals; it has a list of `cases`"])
    known = cast("dict[str, Any]", dataset)
    for key in known:
        if key not in ("name", "cases", "evaluators", "$schema"):
            notes.lose(Place(document, (key,)), f"`{key}` is not carried")
    draft = Draft(path, notes)
    shared = _evaluators(known, Place(document))
    for index, case in enumerate(cast("list[Any]", known["cases"])):
        place = Place(document, ("cases", index))
        if isinstance(case, dict):
            _take(cast("dict[str, Any]", case), shared, place, draft, notes)
        else:
            notes.lose(place, "a case that is no mapping is left out")
    return draft.imported({"suite": str(known.get("name") or path.stem)})


def _evaluators(holder: Mapping[str, Any], place: Place) -> list[tuple[Any, Place]]:
    listed = holder.get("evaluators")
    items = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [(item, place.at("evaluators", index)) for index, item in enumerate(items)]


def _take(case: dict[str, Any], shared: list[tuple[Any, Place]], place: Place, draft: Draft, notes: Notes) -> None:
    for key in case:
        if key not in ("name", "inputs", "expected_output", "metadata", "evaluators"):
            notes.lose(place.at(key), f"`{key}` of a case is not carried")
    expected = case.get("expected_output")
    checks: dict[str, Any] = {}
    for evaluator, where in [*shared, *_evaluators(case, place)]:
        try:
            name, arguments = _parts(evaluator)
            made = _check(name, arguments, expected, notes, where)
        except CannotCarry as error:
            notes.lose(where, str(error))
            continue
        if made is not None:
            checks[check_name(arguments.get("evaluation_name") or name, checks)] = made
    known: object = case.get("metadata")
    if known is not None and not isinstance(known, dict):
        notes.lose(place.at("metadata"), "metadata that is no mapping is not carried")
    draft.add(
        {
            "id": case.get("name"),
            "input": _asked(case.get("inputs"), place, notes),
            "target": expected,
            "checks": checks,
        },
        place,
        cast("dict[str, Any]", known) if isinstance(known, dict) else None,
    )


def _asked(inputs: Any, place: Place, notes: Notes) -> Any:
    if isinstance(inputs, str):
        return inputs
    if isinstance(inputs, list) and all(isinstance(one, dict) and "role" in one for one in cast("list[Any]", inputs)):
        return cast("list[Any]", inputs)
    notes.lose(
        place.at("inputs"), "`inputs` that are no text became their JSON text: what your task made of them is code"
    )
    return msgspec.json.encode(inputs).decode()


def _parts(evaluator: Any) -> tuple[str, dict[str, Any]]:
    """`Name`, `{Name: first argument}` or `{Name: {argument: …}}`, or the long form of `name` and `arguments`."""
    if isinstance(evaluator, str):
        return evaluator, {}
    if not isinstance(evaluator, dict):
        raise CannotCarry("an evaluator that is neither a name nor a mapping is not carried")
    spec = cast("dict[str, Any]", evaluator)
    if spec.keys() == {"name", "arguments"}:
        spec = {str(spec["name"]): spec["arguments"]}
    if len(spec) != 1:
        raise CannotCarry("an evaluator with several names is not carried")
    ((name, given),) = spec.items()
    if isinstance(given, dict):
        return name, cast("dict[str, Any]", given)
    if isinstance(given, list) and name not in _FIRST:
        return name, {}
    return name, {} if given is None else {_FIRST.get(name, "value"): given}


def _check(name: str, arguments: dict[str, Any], expected: Any, notes: Notes, where: Place) -> dict[str, Any] | None:
    """The check that an evaluator is; None where it says nothing of this case. Raises CannotCarry."""
    match name:
        case "EqualsExpected":
            return None if expected is None else same(expected)
        case "Equals":
            return same(arguments.get("value"))
        case "Contains":
            return _contains(arguments)
        case "IsInstance":
            return _instance(str(arguments.get("type_name")))
        case "MaxDuration":
            return {"scorer": "latency", "max_ms": _milliseconds(arguments.get("seconds"))}
        case "LLMJudge":
            return _judge(arguments, notes, where)
        case _:
            raise CannotCarry(
                f"the evaluator `{shortened(name)}` is not carried: there is no scorer that does the same"
            )


def _contains(arguments: dict[str, Any]) -> dict[str, Any]:
    value: object = arguments.get("value")
    if isinstance(value, dict) and not arguments.get("as_strings"):
        members = cast("dict[str, Any]", value)
        schema = {key: {"const": item} for key, item in members.items()}
        return {
            "scorer": "json-schema",
            "schema": {"type": "object", "properties": schema, "required": list(members)},
        }
    if not isinstance(value, str) and not arguments.get("as_strings"):
        raise CannotCarry("`Contains` of a value that is neither text nor a mapping is not carried")
    ignored = {} if arguments.get("case_sensitive", True) else {"ignore_case": True}
    return {"scorer": "contains", "value": str(cast("object", value)), **ignored}


def _instance(kind: str) -> dict[str, Any]:
    if kind == "str":
        raise CannotCarry("`IsInstance: str` is not carried: every answer is text")
    if kind not in _TYPES:
        raise CannotCarry(f"`IsInstance: {shortened(kind)}` is not carried: answers are text or JSON")
    return {"scorer": "json-schema", "schema": {"type": _TYPES[kind]}}


def _milliseconds(seconds: Any) -> float:
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return round(seconds * 1000, 6)
    found = _SECONDS.fullmatch(seconds) if isinstance(seconds, str) else None
    if found is None or not any(found.groups()):
        raise CannotCarry("`MaxDuration` without a number of seconds is not carried")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return (hours * 3600 + minutes * 60 + rest) * 1000


def _judge(arguments: dict[str, Any], notes: Notes, where: Place) -> dict[str, Any]:
    for key in ("model_settings", "score"):
        if arguments.get(key):
            notes.lose(where, f"`{key}` of `LLMJudge` is not carried")
    if not arguments.get("include_input"):
        notes.lose(where, "a judge here sees what was asked, too")
    shown = {} if arguments.get("include_expected_output") else {"reference": False}
    return {**rubric(arguments.get("rubric"), str(arguments.get("model") or ""), where, notes), **shown}
