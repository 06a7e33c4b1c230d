"""Scales, ticks and elements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ajar.evals.reports.chart import Scale, axis, drawing, element, scale


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 8))
def test_ticks_are_inside_even_and_few(low: float, width: float, most: int) -> None:
    across = Scale(low, low + width)
    if not across.high > across.low:
        return
    ticks = across.ticks(most)
    slack = (across.high - across.low) * 1e-6 + abs(low) * 1e-9
    assert 0 < len(ticks) <= most or across.high - across.low < abs(low) * 1e-9
    assert all(across.low - slack <= tick <= across.high + slack for tick in ticks)


def test_zero_is_a_tick_where_it_is_inside() -> None:
    for ends in ((-0.03, 0.07), (-1.0, 1.0), (-0.0001, 4.0)):
        assert 0 in Scale(*ends).ticks(5)


def test_places_are_percent_and_stay_inside() -> None:
    across = Scale(-1, 3)
    assert [across.at(number) for number in (-1, 0, 3, 9, -9)] == [0, 25, 100, 100, 0]


@pytest.mark.parametrize("numbers", [[], [0.0], [5.0], [0.1, 0.1], [float("inf"), 1.0], [float("nan")]])
def test_a_scale_has_a_width_whatever_it_must_hold(numbers: list[float]) -> None:
    found = scale(numbers)
    assert found.high > found.low
    assert found.ticks(5)


def test_what_is_written_into_an_element_is_escaped() -> None:
    assert element("text", '<script>"', title='"><x') == '<text title="&#34;&gt;&lt;x">&lt;script&gt;&#34;</text>'
    assert element("g", Markup("<path/>")) == "<g><path/></g>"


def test_a_drawing_says_in_words_what_it_shows() -> None:
    drawn = drawing(Markup(""), height=10, kind="span", title="passed: <b>", about="more\x00")
    assert 'role="img"' in drawn
    assert "<title>passed: &lt;b&gt;</title><desc>more\u2400</desc>" in drawn


def test_labels_at_the_ends_stay_inside() -> None:
    drawn = axis(Scale(0, 100), [(0, "0"), (50, "50"), (100, "100,000")], label="ms")
    assert [part.split('"')[0] for part in drawn.split('text-anchor="')[1:]] == ["start", "middle", "end", "middle"]
