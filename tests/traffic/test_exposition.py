"""The text that Prometheus reads, checked by a strict reader of its format."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.traffic.board import OVERFLOW, Board
from ajar.traffic.exposition import CONTENT_TYPE, exposition
from ajar.traffic.totals import Total, number

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.traffic.region import Labels

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?|[-+]Inf|NaN)")
ENDINGS = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def parse(text: str) -> dict[str, tuple[str, str, list[tuple[str, Labels, float]]]]:
    """Each family with its help, its type and its samples. Fails where the format's rules are broken."""
    assert text.endswith("\n")
    families: dict[str, tuple[str, str, list[tuple[str, Labels, float]]]] = {}
    lines = iter(text.removesuffix("\n").split("\n"))
    family = ""
    for line in lines:
        if line.startswith("# HELP "):
            family, _, sentence = line.removeprefix("# HELP ").partition(" ")
            assert re.fullmatch(NAME, family)
            assert family not in families, "a family stands in one place"
            assert re.fullmatch(r"(?:[^\\\n]|\\[\\n])+", sentence)
            following = next(lines).split(" ")
            assert following[:3] == ["#", "TYPE", family]
            assert following[3] in ENDINGS
            families[family] = (sentence, following[3], [])
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        _, kind, samples = families[family]
        assert match[1] in [family + ending for ending in ENDINGS[kind]]
        labels = tuple((key, unescape(value)) for key, value in re.findall(LABEL, match[2] or ""))
        assert len(dict(labels)) == len(labels)
        assert (match[1], labels) not in [sample[:2] for sample in samples]
        samples.append((match[1], labels, float(match[len(match.groups())])))
    return families


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text)


def test_what_a_board_shows_can_be_read_back(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", 1, region_bytes=65_536)
    board.counter("ajar_x_total", (("route", 'a "quoted" \\ name\nof two lines, {é}'), ("status", "200"))).add(3)
    board.counter("ajar_x_total", (("route", ""), ("status", "500"))).add(0.25)
    board.gauge("ajar_in_flight").set(-2)
    histogram = board.histogram("ajar_h_seconds", (("route", "a"),), (0.005, 1.0, 2.5))
    for value in (0.001, 0.7, 2.5, 7.0):
        histogram.observe(value)
    text = exposition(board.totals(), {"ajar_x_total": "What\\ever\nit is."})
    families = parse(text)
    assert list(families) == sorted(["ajar_x_total", "ajar_in_flight", "ajar_h_seconds", OVERFLOW])
    assert families["ajar_x_total"] == (
        "What\\\\ever\\nit is.",
        "counter",
        [
            ("ajar_x_total", (("route", ""), ("status", "500")), 0.25),
            ("ajar_x_total", (("route", 'a "quoted" \\ name\nof two lines, {é}'), ("status", "200")), 3.0),
        ],
    )
    assert families["ajar_in_flight"] == ("ajar in flight", "gauge", [("ajar_in_flight", (), -2.0)])
    kind, samples = families["ajar_h_seconds"][1:]
    assert kind == "histogram"
    assert [(dict(labels).get("le"), value) for _, labels, value in samples] == [
        ("0.005", 1.0),
        ("1", 2.0),
        ("2.5", 3.0),
        ("+Inf", 4.0),
        (None, pytest.approx(10.201)),
        (None, 4.0),
    ]
    assert "lost" in families[OVERFLOW][0]
    board.close()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.floats())
def test_any_label_and_any_value(label: str, value: float) -> None:
    text = exposition([Total("ajar_x", (("route", label),), value, "gauge")])
    ((_, labels, back),) = parse(text)["ajar_x"][2]
    assert labels == (("route", label),)
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_numbers_are_short_and_exact() -> None:
    values = (0.0, 3.0, 0.1, 2.0**53, 1e22, -1.5, math.inf, -math.inf)
    texts = ["0", "3", "0.1", "9007199254740992.0", "1e+22", "-1.5", "+Inf", "-Inf"]
    assert [number(value) for value in values] == texts
    assert number(math.nan) == "NaN"


def test_the_type_of_the_text() -> None:
    assert CONTENT_TYPE == "text/plain; version=0.0.4; charset=utf-8"
    assert exposition([]) == ""
