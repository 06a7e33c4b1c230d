"""The scorer `json-schema`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.registry import build

if TYPE_CHECKING:
    from pathlib import Path

OBJECT = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


def score(schema: dict, text: str, **options: object) -> Score:
    return build({"scorer": "json-schema", "schema": schema, **options}).score(Answer(text=text), Case(input="q"))


def refused(schema: dict) -> str:
    with pytest.raises(ConfigError) as raised:
        build({"scorer": "json-schema", "schema": schema})
    return str(raised.value)


def test_valid_and_invalid() -> None:
    assert score(OBJECT, '{"a": 1}').value == 1
    assert score(OBJECT, '{"a": "x"}') == Score(0.0, 'a: "x" is not of type "integer"')
    assert score(OBJECT, "{}") == Score(0.0, '"a" is a required property')
    assert score(OBJECT, "no").why.startswith("not JSON: ")
    assert score(OBJECT, '```json\n{"a": 1}\n```', fence=True).value == 1


def test_the_draft_is_the_newest_unless_the_schema_names_one() -> None:
    schema = {"prefixItems": [{"type": "string"}]}  # known since 2020-12

    assert score(schema, "[1]").value == 0
    assert score({"$schema": "http://json-schema.org/draft-07/schema#", **schema}, "[1]").value == 1


def test_references_within_the_schema_and_to_the_drafts() -> None:
    within = {"$ref": "#/$defs/x", "$defs": {"x": {"type": "string"}}}

    assert score(within, '"a"').value == 1
    assert score(within, "1").value == 0
    assert score({"$ref": "https://json-schema.org/draft/2020-12/schema"}, '{"type": "nonsense"}').value == 0


def test_nothing_is_fetched_or_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"type": "string"}')
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.json"

        for reference in (url, (tmp_path / "x.json").as_uri(), str(tmp_path / "x.json"), "x.json"):
            assert "nothing is fetched; put it into `$defs`" in refused({"$ref": reference})
        with pytest.raises(TimeoutError):
            server.accept()


def test_formats_are_checked() -> None:
    assert score({"format": "date"}, '"2024-01-05"').value == 1
    assert score({"format": "date"}, '"yesterday"').value == 0


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strng"}, 'the `schema` cannot be used: type: "strng" is not valid'),
        ({"pattern": "(?=x)"}, "look-around is refused"),
        ({"$ref": "#/$defs/none"}, "does not exist"),
        ({"$schema": "http://example.org/own"}, "Unknown meta-schema"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_when_it_is_loaded(schema: dict, said: str) -> None:
    assert said in refused(schema)


def test_what_the_library_cannot_take_is_wrong() -> None:
    assert score({"type": "string"}, '"\\ud800"').why.startswith("cannot be checked: ")
    assert score({"type": "integer"}, "1e999").value == 0
