"""The word diff: whole, readable, and cheap whatever a model writes."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evals.reports.words import Piece, diff


def texts(pieces: list[Piece]) -> tuple[str, str]:
    old = "".join(piece.text for piece in pieces if piece.kind != "new")
    new = "".join(piece.text for piece in pieces if piece.kind != "old")
    return old, new


def test_the_words_that_differ() -> None:
    assert diff('{"queue": "billing", "n": 1}', '{"queue": "refunds", "n": 1}') == [
        Piece("same", '{"queue": "'),
        Piece("old", "billing"),
        Piece("new", "refunds"),
        Piece("same", '", "n": 1}'),
    ]


def test_spaces_between_two_changes_are_part_of_one_change() -> None:
    assert diff("see red cats run", "see blue dogs run") == [
        Piece("same", "see "),
        Piece("old", "red cats"),
        Piece("new", "blue dogs"),
        Piece("same", " run"),
    ]


@pytest.mark.parametrize(("old", "new"), [("", ""), ("a", ""), ("", "b"), ("same words", "same words")])
def test_ends(old: str, new: str) -> None:
    assert texts(diff(old, new)) == (old, new)
    assert all(piece.kind == "same" for piece in diff(old, new)) or old != new


@given(st.text(alphabet="ab ,\n\u00e9\u4e2d", max_size=60), st.text(alphabet="ab ,\n\u00e9\u4e2d", max_size=60))
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    pieces = diff(old, new)
    assert texts(pieces) == (old, new)
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("word " * 60_000, "other " * 60_000),
        ("a " * 4_000, "a b " * 2_000),
        ("x y " * 1_000, "y x z " * 1_000),
        ("\n" * 500_000, "\t" * 500_000),
    ],
)
def test_cost_is_bounded(old: str, new: str) -> None:
    """difflib takes minutes for some of these."""
    began = time.process_time()
    assert texts(diff(old, new)) == (old, new)
    assert time.process_time() - began < 5


def test_a_change_within_a_very_long_text_is_found_exactly() -> None:
    chance = random.Random(1)
    words = [f"w{chance.randrange(500)}" for _ in range(50_000)]
    other = [*words[:25_000], "CHANGED", *words[25_001:]]
    pieces = diff(" ".join(words), " ".join(other))
    assert [piece.kind for piece in pieces] == ["same", "old", "new", "same"]
    assert pieces[2].text == "CHANGED"
