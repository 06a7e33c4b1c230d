from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.config.problem import Problem, dotted, hint, nearest

KEYS = ["provider", "runtime", "base_url", "api_key", "model", "placement", "timeouts"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("modle", "model"),
        ("MODEL", "model"),
        ("base-url", "base_url"),
        ("url", "base_url"),
        ("apikey", "api_key"),
        ("timeout", "timeouts"),
        ("xyz", None),
        ("", None),
        ("e", None),
    ],
)
def test_the_nearest_word_is_named(word: str, meant: str | None) -> None:
    assert nearest(word, KEYS) == meant


def test_where_no_word_is_near_all_are_listed() -> None:
    assert hint("zzz", ["b", "a"], "the keys here") == "the keys here are `a`, `b`"
    assert hint("zzz", [], "deployments") == "there are no deployments"
    assert hint("zzz", [f"n{i:02}" for i in range(30)], "names").endswith("`n19` and 10 more")


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=4))
def test_a_key_is_spelt_as_toml_reads_it(keys: list[str]) -> None:
    text = dotted(tuple(keys))
    assert text.isprintable()
    try:
        value = tomllib.loads(f"{text} = 1")
    except tomllib.TOMLDecodeError:
        assert any(ord(letter) > 0xFFFF for key in keys for letter in key)  # shown as JSON has it
        return
    for key in keys:
        value = value[key]
    assert value == 1


def test_a_problem_is_one_sentence_with_its_place() -> None:
    problem = Problem(("deployments", "gpt", "modle"), "unknown key; did you mean `model`?")
    expected = "ajar.toml:12: deployments.gpt.modle: unknown key; did you mean `model`?"
    assert problem.at("ajar.toml", 12) == expected
    assert Problem((), "is empty").at("a.toml", 1) == "a.toml:1: is empty"
    assert dotted(("routes", "a.b", "fallback", 0)) == 'routes."a.b".fallback[0]'
