"""The tests of a promptfoo configuration: merged with the default one, and one for each value of their variables."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ajar.errors import ConfigError
from ajar.evals.importers.imported import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.evals.importers.imported import Notes
    from ajar.evals.importers.promptfoo.files import Files

MOST = 100_000
_CARRIED = {"description", "vars", "assert", "options", "threshold", "metadata", "prompts"}
_CODE = ("assertScoringFunction",)
_OPTIONS = {"prefix", "suffix", "provider", "disableVarExpansion", "runSerially"}
OPTIONS_CODE = ("transform", "transformVars", "postprocess")
"""Options that change what is asked, or what is judged."""


class Trial(NamedTuple):
    """One test of promptfoo's. `asserts` are each with its place."""

    place: Place
    known: dict[str, Any]
    variables: dict[str, Any]
    asserts: list[tuple[Any, Place]]
    options: dict[str, Any]
    metadata: dict[str, Any]


def trials(value: Any, place: Place, default: Trial | None, files: Files, notes: Notes) -> Iterator[Trial]:
    """All of them, in order; those of files that are named, too."""
    if value is None:
        notes.lose(place, "there are no tests; the prompts are asked as they are")
        value = [{}]
    listed = cast("list[Any]", value) if isinstance(value, list) else [value]
    for index, one in enumerate(listed):
        where = place.at(index) if isinstance(value, list) else place
        if isinstance(one, str):
            held = files.get(one, where)
            if isinstance(held, Place):
                yield from trials(held.document.value, held, default, files, notes)
            elif held is not None:
                notes.lose(where, "tests of a table are not carried; make them YAML, JSON or JSONL")
        elif isinstance(one, dict) and "path" in one:
            notes.code(where, f"`{one['path']}`, which generates tests,")
        elif isinstance(one, dict):
            yield trial(cast("dict[str, Any]", one), where, default, files, notes)
        else:
            notes.lose(where, "a test that is no mapping is left out")


def trial(known: dict[str, Any], place: Place, default: Trial | None, files: Files, notes: Notes) -> Trial:
    """One of them; what it does not say, the default one says."""
    for key in known:
        if key in _CODE:
            notes.code(place.at(key), f"`{key}`")
        elif key not in _CARRIED:
            notes.lose(place.at(key), f"`{key}` of a test is not carried")
    options = mapping(known.get("options"))
    for key in options:
        if key in OPTIONS_CODE:
            notes.code(place.at("options", key), f"the option `{key}`")
        elif key not in _OPTIONS:
            notes.lose(place.at("options", key), f"the option `{key}` is not carried")
    asserts = cast("list[Any]", known["assert"]) if isinstance(known.get("assert"), list) else []
    own = [(one, place.at("assert", index)) for index, one in enumerate(asserts)]
    variables = _variables(known.get("vars"), place.at("vars"), files)
    if default is None:
        return Trial(place, known, variables, own, options, mapping(known.get("metadata")))
    return Trial(
        place,
        {**default.known, **known},
        {**default.variables, **variables},
        [*default.asserts, *own],
        {**default.options, **options},
        {**default.metadata, **mapping(known.get("metadata"))},
    )


def combinations(one: Trial) -> Iterator[dict[str, Any]]:
    """The variables of the test: once for each choice of one value from each that is a list."""
    lists = {name: cast("list[Any]", value) for name, value in one.variables.items() if isinstance(value, list)}
    if one.options.get("disableVarExpansion") or not lists:
        yield one.variables
        return
    count = 1
    for values in lists.values():
        count *= len(values)
    if count > MOST:
        raise ConfigError([f"{one.place}: the lists of this test's variables make {count} cases; {MOST} are the most"])
    for chosen in product(*lists.values()):
        yield {**one.variables, **dict(zip(lists, chosen, strict=True))}


def _variables(value: Any, place: Place, files: Files) -> dict[str, Any]:
    if isinstance(value, str):
        held = files.get(value, place)
        return mapping(held.document.value) if isinstance(held, Place) else {}
    found: dict[str, Any] = {}
    for name, item in mapping(value).items():
        if files.names_one(item):
            held = files.get(cast("str", item), place.at(name))
            item = held.document.value if isinstance(held, Place) else held
            if item is None:
                continue
        found[name] = item
    return found


def mapping(value: Any) -> dict[str, Any]:
    """The mapping that the value is; an empty one where it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
