"""Filters mean the same to DuckDB, which reads the past, and to Python, which follows the present."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.traffic.filters import Filters, parse_status, parse_time
from ajar.traffic.query import open_traffic
from traffic.conftest import record, seal_all, write

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_767_225_600.0
"""2026-01-01T00:00Z."""
MICROS = int(NOW) * 1_000_000

RECORDS = [
    record(time=MICROS, route="a"),
    record(time=MICROS + 1, route="b", deployment="gpt", caller="desk"),
    record(time=MICROS + 2, route=None, deployment=None, status=400, error="invalid_json"),
    record(time=MICROS + 3, status=499, error=None),
    record(time=MICROS + 4, status=200, error="upstream_closed", purpose="shadow"),
    record(time=MICROS + 5, status=502, error="upstream_garbage", route="it's; DROP"),
    record(time=MICROS + 6, status=599, purpose="eval"),
    record(time=MICROS + 7, status=201),
]

CASES = {
    "everything": (Filters(), [0, 1, 2, 3, 4, 5, 6, 7]),
    "since": (Filters(since=MICROS + 6), [6, 7]),
    "until": (Filters(until=MICROS + 2), [0, 1]),
    "from the first moment": (Filters(since=0), [0, 1, 2, 3, 4, 5, 6, 7]),
    "route": (Filters(routes=("a",)), [0]),
    "routes": (Filters(routes=("a", "b", "none")), [0, 1]),
    "a route with any name": (Filters(routes=("it's; DROP",)), [5]),
    "deployment": (Filters(deployments=("gpt",)), [1]),
    "caller": (Filters(callers=("desk",)), [1]),
    "purpose": (Filters(purposes=("shadow", "eval")), [4, 6]),
    "class": (Filters(statuses=(500, 599)), [5, 6]),
    "status": (Filters(statuses=(201, 201)), [7]),
    "errors": (Filters(errors=True), [2, 3, 4, 5, 6]),
    "all of it": (Filters(errors=True, statuses=(200, 499), purposes=("live",), since=MICROS + 3), [3]),
    "nothing": (Filters(routes=("none",)), []),
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("state")
    write(path, RECORDS[:4])
    seal_all(path)
    write(path, RECORDS[4:])
    return path


@pytest.mark.parametrize("name", CASES)
def test_a_filter_keeps_the_same_records_either_way(state: Path, name: str) -> None:
    filters, expected = CASES[name]
    assert [index for index, one in enumerate(RECORDS) if filters.match(one)] == expected
    with open_traffic(state) as traffic:
        found = traffic.query("SELECT id FROM traffic ORDER BY time", filters).fetchall()
    assert [row[0] for row in found] == [RECORDS[index].id for index in expected]


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("90s", MICROS - 90_000_000),
        ("30m", MICROS - 1_800_000_000),
        ("1h", MICROS - 3_600_000_000),
        (" 7d ", MICROS - 7 * 86_400_000_000),
        ("2w", MICROS - 14 * 86_400_000_000),
        ("999999999w", 0),
        ("2026-01-01", MICROS),
        ("2026-01-01T00:00:00.000001", MICROS + 1),
        ("2026-01-01T00:00:00.123457Z", MICROS + 123_457),
        ("2026-01-01T02:00+02:00", MICROS),
    ],
)
def test_times(text: str, micros: int) -> None:
    assert parse_time(text, NOW) == micros


@pytest.mark.parametrize("text", ["", "h", "1", "1y", "-1h", "1.5h", "yesterday", "2026-13-01", "١h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time: write an age such as"):
        parse_time(text, NOW)


@pytest.mark.parametrize(("text", "range_"), [("5xx", (500, 599)), ("4XX", (400, 499)), ("429", (429, 429))])
def test_statuses(text: str, range_: tuple[int, int]) -> None:
    assert parse_status(text) == range_


@pytest.mark.parametrize("text", ["", "5", "5x", "xxx", "600", "042", "5xx ", "200,201"])
def test_what_is_no_status(text: str) -> None:
    with pytest.raises(ValueError, match="is not a status"):
        parse_status(text)
