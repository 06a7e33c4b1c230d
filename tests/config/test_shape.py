from __future__ import annotations

import datetime
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.config.model import Config
from ajar.config.problem import dotted
from ajar.config.shape import faults

RIGHT: dict[str, Any] = {
    "server": {"port": 4000, "drain_s": 30},
    "deployments": {"gpt": {"provider": "openai", "model": "m", "timeouts": {"connect_s": 1.5}}},
    "routes": {"r": {"primary": "gpt", "fallback": []}},
}

KEYS = st.sampled_from(
    [
        "server",
        "deployments",
        "routes",
        "gpt",
        "model",
        "primary",
        "fallback",
        "port",
        "host",
        "drain_s",
        "timeouts",
        "connect_s",
        "bodies",
        "placement",
        "meter_streams",
        "slots",
        "context",
        "api_key",
        "unit",
        "checks",
        "metrics",
        "swap",
        "steps",
        "other",
        "-",
    ]
)
LEAVES = st.one_of(
    st.none().map(lambda _: datetime.date(2026, 11, 20)),
    st.booleans(),
    st.integers(-5, 70_000),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.sampled_from(["none", "all", "own-hardware", "", "text", "env:X"]),
    st.text(max_size=5),
)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


def kind() -> msgspec.inspect.Type:
    return msgspec.inspect.type_info(Config)


def found(data: object) -> dict[str, str]:
    return {dotted(problem.path): problem.text for problem in faults(kind(), data)}


def changed(table: str, key: str, value: object) -> dict[str, Any]:
    data = msgspec.json.decode(msgspec.json.encode(RIGHT))
    target = data
    for part in table.split("."):
        target = target[part]
    target[key] = value
    return data


def finite(value: object) -> bool:
    if isinstance(value, dict | list):
        return all(map(finite, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def test_the_right_shape_has_no_faults() -> None:
    assert found(RIGHT) == {}


@pytest.mark.parametrize(
    ("table", "key", "value", "said"),
    [
        ("server", "prot", 1, "unknown key; did you mean `port`?"),
        ("server", "port", 70_000, "must be a whole number from 0 up to 65535, not 70000"),
        ("server", "port", True, "must be a whole number from 0 up to 65535, not true"),
        ("server", "port", "4000", 'not the text "4000"; write it without quotes'),
        pytest.param("server", "port", 16**5000, "not a number of thousands of digits", id="huge"),
        pytest.param("server", "drain_s", 16**5000, "not a number of thousands of digits", id="huge for a float"),
        ("server", "max_body_mb", 0, "must be a number above 0 and up to 4096, not 0"),
        ("server", "drain_s", math.nan, "must be a number from 0 up to 3600, not nan"),
        ("server", "drain_s", math.inf, "must be a number from 0 up to 3600, not inf"),
        ("server", "host", "", "must be text in quotes, not empty text"),
        ("server", "host", 127, "must be text in quotes, not 127; write it in quotes"),
        ("server", "host", datetime.date(2026, 1, 2), "must be text in quotes, not 2026-01-02"),
        ("deployments.gpt", "placement", "public", 'did you mean "public-api"?'),
        ("deployments.gpt", "timeouts", 5, "must be a table, not 5"),
        ("deployments.gpt.timeouts", "conect_s", 5, "unknown key; did you mean `connect_s`?"),
        ("deployments.gpt", "price", 2.5, "must be a table, not 2.5"),
        ("deployments.gpt", "price", {"input": 1}, "`output` is missing"),
        ("routes.r", "fallback", "gpt", 'must be a list such as ["name"], not the text "gpt"'),
        ("routes.r", "bodies", "some", 'must be one of "all", "none", not the text "some"'),
        ("routes.r", "meter_streams", "true", "must be true or false, not the text"),
        ("routes", "s", [], "must be a table, not a list"),
        (
            "routes.r",
            "unit",
            "session",
            'must be "user", "header:NAME" or "body:/json/pointer", not the text "session"',
        ),
        ("routes.r", "unit", "body:session", 'or "body:/json/pointer", not'),
        ("routes.r", "checks", "json", 'must be a table, not the text "json"'),
        ("routes.r", "checks", {"valid": "json"}, 'must be a table, not the text "json"'),
        ("routes.r", "swap", {"steps": []}, "must be a list of numbers such as [1, 5], not an empty list"),
        ("routes.r", "swap", {"steps": [0, 5]}, "must be a number above 0 and up to 99, not 0"),
        ("routes.r", "swap", {"steps": 5}, "must be a list of numbers such as [1, 5], not 5"),
        ("routes.r", "swap", {"shadow": {"shares": 1}}, "unknown key; did you mean `share`?"),
        ("routes.r", "metrics", {"m": {"quantile": 1}}, "must be a number above 0 and below 1, not 1"),
        ("routes.r", "metrics", {"m": {"scale": [1]}}, "must be a list of 2 values, not a list"),
        ("routes.r", "metrics", {"m": {"scale": [1, "5"]}}, "write it without quotes"),
        ("routes.r", "metrics", {"m": {"role": "main"}}, 'must be one of "guard", "primary"'),
    ],
)
def test_each_fault_says_what_is_wanted(table: str, key: str, value: object, said: str) -> None:
    ((path, text),) = found(changed(table, key, value)).items()
    assert path.startswith(f"{table}.{key}")
    assert said in text


CHECK: dict[str, Any] = {"type": "regex", "pattern": "x+", "limits": [1, 2.5, [True]], "options": {"deep": {"er": -1}}}


def test_a_check_holds_what_its_scorer_reads() -> None:
    data = changed("routes.r", "checks", {"a": {}, "b": CHECK})
    assert found(data) == {}
    assert msgspec.convert(data, Config).routes["r"].checks["b"] == CHECK


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.nan, "must be a finite number, not nan"),
        (10**400, "must be a number of at most 64 bits"),
        (2**64, "must be a number of at most 64 bits"),
        (datetime.date(2026, 1, 2), "not 2026-01-02; write it in quotes"),
    ],
)
def test_what_json_cannot_say_is_found_wherever_it_stands(value: object, said: str) -> None:
    for options, path in (({"x": value}, "x"), ({"x": [1, {"y": value}]}, "x[1].y")):
        problems = found(changed("routes.r", "checks", {"valid": options}))
        assert list(problems) == [f"routes.r.checks.valid.{path}"]
        assert said in problems[f"routes.r.checks.valid.{path}"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("output", -1, "must be a number from 0 up to 1000000, not -1"),
        ("cached_input", "0.1", "write it without quotes"),
        ("cached", 1, "unknown key; did you mean `cached_input`?"),
    ],
)
def test_a_table_that_may_be_absent_is_looked_into_where_it_is_there(key: str, value: object, said: str) -> None:
    data = changed("deployments.gpt", "price", {"input": 1, "output": 2, key: value})
    assert list(found(data)) == [f"deployments.gpt.price.{key}"]
    assert said in found(data)[f"deployments.gpt.price.{key}"]


def test_a_fault_within_a_list_names_the_element() -> None:
    assert "not 7" in found(changed("routes.r", "fallback", ["a", 7]))["routes.r.fallback[1]"]


def test_a_missing_key_is_named_with_its_table() -> None:
    assert found({}) == {"": "`routes` is missing; add a table `[routes.NAME]`"}
    assert [problem.text for problem in faults(kind(), {})] == [
        "`deployments` is missing; add a table `[deployments.NAME]`",
        "`routes` is missing; add a table `[routes.NAME]`",
    ]
    assert found(changed("routes", "s", {}))["routes.s"] == '`primary` is missing; add `primary = "…"` to this table'


def test_a_misspelt_key_is_not_also_missing() -> None:
    assert found(changed("routes", "s", {"primery": "x"})) == {
        "routes.s.primery": "unknown key; did you mean `primary`?"
    }


@pytest.mark.parametrize("name", ["", "a b", "-a", "ä", "a\n", "deployment:gpt", "a" * 129])
def test_a_name_that_no_caller_could_write_is_refused(name: str) -> None:
    (problem,) = faults(kind(), changed("routes", name, {"primary": "gpt"}))
    assert problem.text.startswith("cannot be a name: a name starts with a letter or digit")


@pytest.mark.parametrize("name", ["a", "A.b_c-d/e", "7", "a" * 128])
def test_a_plain_name_is_taken(name: str) -> None:
    assert found(changed("routes", name, {"primary": "gpt"})) == {}


def test_what_may_be_a_secret_is_never_shown() -> None:
    text = found(changed("deployments.gpt", "api_key", 8_675_309))["deployments.gpt.api_key"]
    assert "8675309" not in text
    assert text.startswith("must be text in quotes")


@given(st.dictionaries(KEYS, TREES, max_size=3), *[st.dictionaries(KEYS, LEAVES, max_size=2)] * 3)
@settings(max_examples=300)
def test_the_words_and_msgspec_agree(
    top: dict[str, object], server: dict[str, object], gpt: dict[str, object], r: dict[str, object]
) -> None:
    data: dict[str, Any] = {
        "server": {**RIGHT["server"], **server},
        "deployments": {"gpt": {**RIGHT["deployments"]["gpt"], **gpt}},
        "routes": {"r": {**RIGHT["routes"]["r"], **r}},
        **{key: value for key, value in top.items() if key in ("server", "deployments", "routes")},
    }
    problems = list(faults(kind(), data))
    try:
        msgspec.convert(data, Config)
    except msgspec.ValidationError:
        assert problems
    else:
        assert not problems or not finite(data)
