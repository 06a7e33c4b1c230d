"""Charts in characters."""

from __future__ import annotations

from ajar.cli.swap.plot import Plot, Scale


def drawn(plot: Plot) -> list[str]:
    return ["".join(cell.char for cell in row) for row in plot.rows()]


def test_a_curve_goes_from_corner_to_corner_over_its_rules() -> None:
    plot = Plot(6, 3, Scale(0, 10), Scale(-1, 1))
    plot.level(0, "─")
    plot.upright(5)
    plot.curve([(0, -1), (10, 1)])
    assert drawn(plot) == ["   ┊⡠⠊", "──⡠⠊──", "⡠⠊ ┊  "]
    assert {cell.part for row in plot.rows() for cell in row} == {"curve", "rule", ""}


def test_what_lies_beyond_the_chart_lies_on_its_edge() -> None:
    plot = Plot(2, 1, Scale(0, 1), Scale(1, 100, log=True))
    plot.curve([(0, 0.0), (1, 1e9)])
    assert plot.row(1e-9) == 0
    assert drawn(plot)[0].strip()


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors() -> None:
    scale = Scale(1, 100, log=True)
    assert [round(scale.at(value), 6) for value in (0, 1, 10, 100, 1000)] == [0, 0, 0.5, 1, 1]
    assert Scale(3, 3).at(3) == 0


def test_a_point_alone_is_a_dot() -> None:
    plot = Plot(3, 1, Scale(0, 1), Scale(0, 1))
    plot.curve([(1, 0)], "edge")
    assert drawn(plot) == ["  ⢀"]
    assert plot.rows()[0][2].part == "edge"
