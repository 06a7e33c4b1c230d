"""Where blocks close, and what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.evidence.live.blocks import Blocks, least_controls


@pytest.mark.parametrize(("percent", "least"), [(1, 25), (5, 5), (10, 2), (25, 1), (50, 1), (99, 1), (0.5, 50)])
def test_a_quarter_of_the_ratio(percent: float, least: int) -> None:
    assert least_controls(percent) == least


@pytest.mark.parametrize("percent", [0, 100, -1])
def test_what_is_no_share_is_named(percent: float) -> None:
    with pytest.raises(ValueError, match="per cent"):
        least_controls(percent)


def test_it_closes_at_the_first_unit_with_both() -> None:
    blocks = Blocks(2)
    # Seven controls do not close it, the first candidate does, and all units of the block count.
    assert [blocks.add(False, value) for value in (1, 1, 0, 1, 0, 1, 1)] == [None] * 7
    assert blocks.add(True, 1) == pytest.approx(1 - 5 / 7)
    # Nothing is carried over: three candidates wait for two controls of their own.
    assert [blocks.add(candidate, value) for candidate, value in ((True, 0), (True, 1), (True, 1), (False, 1))] == [
        None
    ] * 4
    assert blocks.add(False, 0) == pytest.approx(2 / 3 - 1 / 2)
    assert blocks == Blocks(2)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1))), st.integers(1, 6))
def test_as_the_rule_in_words_cuts_them(units: list[tuple[bool, float]], least: int) -> None:
    blocks, start, expected = Blocks(least), 0, []
    for end in range(1, len(units) + 1):
        ours, theirs = ([value for arm, value in units[start:end] if arm == side] for side in (True, False))
        if ours and len(theirs) >= least:
            expected.append(sum(ours) / len(ours) - sum(theirs) / len(theirs))
            start = end
    found = [blocks.add(*unit) for unit in units]
    assert [each for each in found if each is not None] == pytest.approx(expected)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1), st.integers(0, 1))), st.integers(1, 6))
def test_values_do_not_move_the_ends(units: list[tuple[bool, int, int]], least: int) -> None:
    one, other = Blocks(least), Blocks(least)
    for arm, value, another in units:
        assert (one.add(arm, value) is None) == (other.add(arm, another) is None)
