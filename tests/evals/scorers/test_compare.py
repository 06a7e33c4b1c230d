"""How two JSON values are compared."""

from __future__ import annotations

import pytest

from ajar.evals.scorers.compare import Compare, near, similarity


@pytest.mark.parametrize(
    ("given", "wanted", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (True, True, True),
        (0, False, False),
        (None, None, True),
        (0, None, False),
        ("1", 1, False),
        (1, "1", False),
        ("a", "A", False),
        ("é", "e\u0301", True),
        ([1, 2], [1, 2], True),
        ([2, 1], [1, 2], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (2**60, 2**60 + 1, False),
    ],
)
def test_as_json(given: object, wanted: object, expected: bool) -> None:
    assert Compare().same(given, wanted) is expected


def test_unordered_lists_count_what_is_twice() -> None:
    rule = Compare(unordered=True)

    assert rule.same([3, 1, 2], [1, 2, 3])
    assert not rule.same([1, 1, 2], [1, 2, 2])
    assert rule.same([[2, 1], {"a": [1, 2]}], [{"a": [2, 1]}, [1, 2]])


def test_case_and_tolerance_hold_within_lists() -> None:
    assert Compare(ignore_case=True).same(["A", {"k": "B"}], ["a", {"k": "b"}])
    assert Compare(tolerance=0.5).same([1.4], [1])


def test_similarity_is_partial() -> None:
    assert Compare(similarity=True).value("abcd", "abce") == 0.75
    assert Compare(similarity=True).value(3, 3) == 1
    assert similarity("ABCD", "abcd", ignore_case=True) == 1
    assert similarity("", "") == 1


@pytest.mark.parametrize(
    ("given", "wanted", "tolerance", "relative", "expected"),
    [
        (3.15, 3.14, 0.01, 0, True),
        (0.3, 0.1 + 0.2, 0, 0, False),
        (101, 100, 0, 0.01, True),
        (-101, -100, 0, 0.01, True),
        (5, float("inf"), 1, 1, False),
        (float("inf"), float("inf"), 1, 0, True),
        (1e308, -1e308, 1, 0.5, False),
    ],
)
def test_near(given: float, wanted: float, tolerance: float, relative: float, expected: bool) -> None:
    assert near(given, wanted, tolerance, relative) is expected
