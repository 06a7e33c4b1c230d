"""The JSON Schema of suite files, by which editors complete keys and underline faults."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.evals.metrics import MEASURES, PASSED
from ajar.evals.scorers.registry import scorer_kinds
from ajar.evals.suite.form import SuiteFile
from ajar.evals.suite.sense import ROLES, TAKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.evals.scorer import Scorer

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CASE = {
    "input": "The user's message; or whole Chat Completions messages.",
    "id": "What reports call the case, one line, once in the suite; its place (`case-7`) where there is none.",
    "target": "What a good answer is: text, a number, a list of texts of which any will do, or a JSON object.",
    "tags": "Reports show the results of each tag apart.",
    "cluster": "What the case has in common with others, such as a document: cases of one cluster are not independent.",
    "checks": "Checks of this case alone; one with the name of a check of the suite replaces that.",
    "request": "Members of the body of this case's request; they replace those of the suite.",
}


def schema() -> dict[str, Any]:
    """The schema, of JSON Schema draft 2020-12. A file that loads is valid; the reverse does not hold in every case."""
    kinds = scorer_kinds()
    _, found = msgspec.json.schema_components([SuiteFile, *kinds.values()], ref_template="#/$defs/{name}")
    parts = {name: _tidy(part) for name, part in found.items()}
    file, case = parts.pop("SuiteFile"), parts.pop("Case")
    checks = {_title(name): _check(name, kind, parts.pop(kind.__name__)) for name, kind in kinds.items()}
    for holder in (file, case):
        holder["properties"]["checks"] |= {
            "additionalProperties": {"$ref": "#/$defs/check"},
            "propertyNames": {"pattern": "^[^.]+$", "not": {"enum": [PASSED, *MEASURES]}},
        }
        holder["properties"]["request"]["propertyNames"] = {"not": {"enum": sorted(TAKEN)}}
        holder["properties"]["tags"]["items"]["minLength"] = 1
    _describe(case)
    _listed(file["properties"]["cases"], "case")
    file["properties"]["$schema"] = {"type": "string", "description": "This schema, for editors; not read."}
    return {
        "$schema": _DIALECT,
        **file,
        "title": "Ajar suite",
        "$defs": {"case": case, "message": _message(), "check": _any_check(kinds), **checks, **parts},
    }


def encoded() -> bytes:
    """The schema as it is published."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def _tidy(part: Any) -> Any:
    """Without what says nothing: titles that are class names, and empty defaults."""
    if isinstance(part, list):
        return [_tidy(item) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    items = cast("dict[str, Any]", part).items()
    kept = {key: _tidy(item) for key, item in items if key != "title" or not isinstance(item, str)}
    if isinstance(kept.get("description"), str):
        kept["description"] = inspect.cleandoc(kept["description"])
    if kept.get("required") == []:
        del kept["required"]
    if "default" in kept and kept["default"] in (None, "", [], {}):
        del kept["default"]
    return kept


def _describe(case: dict[str, Any]) -> None:
    properties = case["properties"]
    for name, text in _CASE.items():
        properties[name]["description"] = text
    _listed(properties["input"], "message")
    case["description"] = "One question, and what a good answer to it is."


def _listed(part: dict[str, Any], name: str) -> None:
    """Text or a list, written so that a fault in an item is told as that item's."""
    del part["anyOf"]
    part |= {"type": ["string", "array"], "items": {"$ref": f"#/$defs/{name}"}, "minItems": 1}


def _message() -> dict[str, Any]:
    return {
        "description": "A message, as Chat Completions has them.",
        "type": "object",
        "properties": {"role": {"enum": list(ROLES)}, "content": {}},
        "required": ["role"],
        "anyOf": [{"required": ["content"]}, {"required": ["tool_calls"]}],
    }


def _check(name: str, kind: type[Scorer], part: dict[str, Any]) -> dict[str, Any]:
    """The scorer with its name among its options."""
    options = part["properties"]
    threshold = next(field.default for field in msgspec.structs.fields(kind) if field.name == "threshold")
    part["properties"] = {"scorer": {"const": name}, **options, "threshold": options.pop("threshold")}
    part["properties"]["threshold"]["default"] = threshold
    part["required"] = ["scorer", *part.get("required", [])]
    return part


def _any_check(kinds: Mapping[str, type[Scorer]]) -> dict[str, Any]:
    """A scorer's name where that is enough, or a mapping. Its `scorer` decides by which options it is judged."""
    bare = [name for name, kind in kinds.items() if not any(field.required for field in msgspec.structs.fields(kind))]
    return {
        "description": "How an answer is scored: a scorer's name, or a mapping of `scorer` and its options.",
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": bare},
        "else": {
            "properties": {"scorer": {"enum": list(kinds)}},
            "required": ["scorer"],
            "allOf": [
                {
                    "if": {"properties": {"scorer": {"const": name}}, "required": ["scorer"]},
                    "then": {"$ref": f"#/$defs/{_title(name)}"},
                }
                for name in kinds
            ],
        },
    }


def _title(name: str) -> str:
    return f"scorer-{name}"
