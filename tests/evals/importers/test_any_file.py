"""Whatever a foreign file holds, it becomes a suite that loads, or a ConfigError."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.errors import ConfigError
from ajar.evals import importers
from ajar.evals.suite.document import read
from ajar.evals.suite.load import load
from ajar.evals.suite.write import write
from evals.importers.bring import DATA

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "promptfoo.yaml": "promptfoo",
    "promptfoo-chat.yaml": "promptfoo",
    "promptfoo-code.yaml": "promptfoo",
    "openai-evals.jsonl": "openai-evals",
    "inspect.jsonl": "inspect",
    "pydantic-evals.yaml": "pydantic-evals",
}
LEAVES = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "x",
        "a\nb",
        "{{message}}",
        "{{",
        "{% x %}",
        "file://x.txt",
        "[]",
        "\x00",
        " ",
        "passed",
    ]
)
ODD = (
    LEAVES
    | st.lists(LEAVES, max_size=3)
    | st.dictionaries(
        st.sampled_from(["type", "value", "", "vars", "$ref", "role", "a.b", "threshold"]), LEAVES, max_size=3
    )
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, item in items for each in places(item, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], other)
    return copy


def content(name: str) -> Any:
    if name.endswith("yaml"):
        return read(DATA / name).value
    return [json.loads(row) for row in (DATA / name).read_text().splitlines()]


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60)
@given(data=st.data())
def test_a_file_with_something_else_in_it(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    value = content(name)
    for _ in range(data.draw(st.integers(1, 3))):
        value = replaced(value, data.draw(st.sampled_from(places(value)[1:] or [()])), data.draw(ODD))
    folder = tmp_path_factory.mktemp("any")
    path = folder / "given.json"
    rows = name.endswith("jsonl") and isinstance(value, list)
    path.write_text("\n".join(json.dumps(row) for row in value) if rows else json.dumps(value))
    check(FILES[name], path, folder / "suite.yaml", allow_code=data.draw(st.booleans()))


def check(kind: str, path: Path, suite: Path, *, allow_code: bool) -> None:
    try:
        imported = importers.read(kind, path, allow_code=allow_code)
    except ConfigError as error:
        assert error.problems  # noqa: PT017
    else:
        write(imported.suite, suite)
        assert load(suite).count == len(imported.suite["cases"])
        assert all("\n" not in sentence for sentence in imported.lost)
