"""The scorer `json-fields`."""

from __future__ import annotations

import datetime
import json

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.compare import Compare
from ajar.evals.scorers.json_fields import JsonFields

TARGET = {"intent": "refund", "amount": 49.9, "date": None, "address": {"city": "Köln", "zip": "50667"}}


def score(given: object, scorer: JsonFields | None = None, target: object = None) -> Score:
    text = given if isinstance(given, str) else json.dumps(given)
    return (scorer or JsonFields()).score(Answer(text=text), Case(input="q", target=target or TARGET))


def test_all_right() -> None:
    assert score(TARGET) == Score(
        1.0, "", {"intent": 1.0, "amount": 1.0, "date": 1.0, "address.city": 1.0, "address.zip": 1.0}
    )


def test_some_right_is_partial_credit() -> None:
    found = score({"intent": "exchange", "amount": 49.90, "address": {"city": "Köln"}, "more": 1})

    assert found.value == 2 / 5
    assert found.fields == {"intent": 0, "amount": 1, "date": 0, "address.city": 1, "address.zip": 0}
    assert found.why == "wrong: intent; missing: date, address.zip; not in the target: more"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no", "not JSON: expecting value at line 1, column 1"),
        ("[]", "JSON, but no object"),
        ("", "not JSON: the text is empty"),
    ],
)
def test_no_object_has_every_field_wrong(text: str, why: str) -> None:
    found = JsonFields().score(Answer(text=text), Case(input="q", target={"a": 1, "b": {"c": 2}}))

    assert found == Score(0.0, why, {"a": 0.0, "b.c": 0.0})


def test_a_value_where_an_object_is_wanted_lacks_its_members() -> None:
    assert score({"a": 1}, target={"a": {"b": 1}}) == Score(0.0, "missing: a.b", {"a.b": 0.0})


def test_chosen_fields_only() -> None:
    scorer = JsonFields(fields=["intent", "address"], extra="count")

    found = score({"intent": "refund", "address": {"city": "Köln", "zip": "50667", "land": "DE"}, "x": 1}, scorer)

    assert found.fields == {"intent": 1, "address.city": 1, "address.zip": 1}
    assert found.value == 3 / 4
    assert found.why == "not in the target: address.land"


def test_extra_members_count_where_they_are_to() -> None:
    assert score({"a": 1, "b": 2}, target={"a": 1}).value == 1
    assert score({"a": 1, "b": 2}, JsonFields(extra="count"), target={"a": 1}) == Score(
        0.5, "not in the target: b", {"a": 1.0}
    )


def test_rules_of_fields() -> None:
    scorer = JsonFields(
        compare={
            "price": Compare(tolerance=0.01),
            "address": Compare(ignore_case=True),
            "address.zip": Compare(),
            "tags": Compare(unordered=True),
            "*": Compare(similarity=True),
        }
    )
    target = {"price": 3.14, "address": {"city": "Bonn", "zip": "A"}, "tags": [1, 2], "note": "abcd"}

    found = score(
        {"price": 3.15, "address": {"city": "BONN", "zip": "a"}, "tags": [2, 1], "note": "abce"}, scorer, target
    )

    assert found.fields == {"price": 1, "address.city": 1, "address.zip": 0, "tags": 1, "note": 0.75}
    assert found.value == 3.75 / 5


def test_names_with_dots_stand_in_quotes() -> None:
    assert score({"a.b": 1, "a": {"b": 2}}, target={"a.b": 1, "a": {"b": 1}, "": 0}).fields == {
        '"a.b"': 1,
        "a.b": 0,
        '""': 0,
    }


def test_the_target_may_be_json_text() -> None:
    assert score({"a": 1}, target='{"a": 1}').value == 1


@pytest.mark.parametrize(
    ("scorer", "target", "said"),
    [
        (JsonFields(), None, "must be a JSON object"),
        (JsonFields(), "text", "must be a JSON object"),
        (JsonFields(), [1], "must be a JSON object"),
        (JsonFields(), {}, "an empty object"),
        (JsonFields(fields=["intend"]), {"intent": 1}, "no field `intend`; did you mean `intent`?"),
        (JsonFields(compare={"ammount": Compare()}), {"amount": 1}, "did you mean `amount`?"),
        (JsonFields(), {"date": datetime.date(2024, 1, 5)}, "`date` of the `target` is no JSON value (date); quote it"),
    ],
)
def test_faults(scorer: JsonFields, target: object, said: str) -> None:
    assert said in (scorer.fault(Case(input="q", target=target)) or "")


def test_a_target_without_the_fields_has_no_value() -> None:
    assert JsonFields(fields=["x"]).score(Answer(text="{}"), Case(input="q", target={"a": 1})).value is None
