"""How long a refusal's headers ask to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ajar.upstream.response import Response
from ajar.upstream.retry_after import LONGEST_S, retry_after

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC).timestamp()


def wait(value: bytes, name: bytes = b"retry-after", now: float = NOW) -> float | None:
    return retry_after({name: value}.get, now)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0.0),
        (b"7", 7.0),
        (b"007", 7.0),
        (b"  7\t", 7.0),
        (b"2.5", 2.5),
        (b"0.30000000000000004", 0.30000000000000004),
        (b"287441", 287441.0),
        (b"Sat, 21 Nov 2026 12:00:17 GMT", 17.0),
        (b"sat, 21 nov 2026 12:00:17 gmt", 17.0),
        (b"Sat, 21 Nov 2026 12:01:60 GMT", 120.0),  # a leap second
        (b"Saturday, 21-Nov-26 12:00:17 GMT", 17.0),
        (b"Sat Nov 21 12:00:17 2026", 17.0),
        (b"Sun Dec  6 12:00:00 2026", 15 * 86400.0),
        (b"Sat, 21 Nov 2026 11:59:59 GMT", 0.0),
        (b"Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        (b"Sunday, 06-Nov-94 08:49:37 GMT", 0.0),
        (b"Sun Nov  6 08:49:37 1994", 0.0),
    ],
)
def test_seconds_and_the_three_forms_of_dates_are_read(value: bytes, seconds: float) -> None:
    assert wait(value) == seconds


@pytest.mark.parametrize("name", [b"retry-after-ms", b"x-ms-retry-after-ms"])
@pytest.mark.parametrize(("value", "seconds"), [(b"1500", 1.5), (b"0", 0.0), (b"12.5", 0.0125)])
def test_milliseconds_are_read(name: bytes, value: bytes, seconds: float) -> None:
    assert wait(value, name) == seconds


def test_a_date_is_no_number_of_milliseconds() -> None:
    assert wait(b"Sat, 21 Nov 2026 12:00:17 GMT", b"retry-after-ms") is None


def test_milliseconds_come_first_and_what_cannot_be_read_is_passed_over() -> None:
    forms = {b"retry-after-ms": b"250", b"x-ms-retry-after-ms": b"300", b"retry-after": b"1"}
    assert retry_after(forms.get, NOW) == 0.25
    assert retry_after({**forms, b"retry-after-ms": b"soon"}.get, NOW) == 0.3
    assert retry_after({**forms, b"retry-after-ms": b"-1", b"x-ms-retry-after-ms": b""}.get, NOW) == 1.0


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"soon",
        b"-1",
        b"+1",
        b"1e3",
        b"nan",
        b"inf",
        b"-inf",
        b"Infinity",
        b"0x10",
        b"1_000",
        b"1,5",
        b"5, 5",
        b"5s",
        b".5",
        b"5.",
        b"\xd9\xa5",  # an Arabic five
        b"9" * 41,
        b"9" * 100_000,
        b" " * 100_000 + b"1",
        b"Sat, 31 Feb 2026 12:00:00 GMT",
        b"Sat, 21 Foo 2026 12:00:00 GMT",
        b"Sat, 21 Nov 0000 12:00:00 GMT",
        b"Sat, 21 Nov 2026 24:00:00 GMT",
        b"Sat, 21 Nov 2026 12:60:00 GMT",
        b"Sat, 21 Nov 2026 12:00:61 GMT",
        b"Sat, 21 Nov 2026 12:00:00 CET",
        b"Sat, 21 Nov 2026 12:00:00",
        b"2026-11-21T12:00:17Z",
    ],
)
def test_anything_else_says_nothing(value: bytes) -> None:
    assert wait(value) is None


def test_without_any_of_the_headers_nothing_is_asked_for() -> None:
    assert retry_after(lambda _: None, NOW) is None


@pytest.mark.parametrize("value", [b"99999999999", b"9" * 40, b"Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_endless_wait_stays_a_wait(value: bytes) -> None:
    assert wait(value) == LONGEST_S


@pytest.mark.parametrize(("now", "year"), [(2026, 76), (2049, 99), (2051, 1)])
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(now: int, year: int) -> None:
    at = datetime(now, 6, 1, tzinfo=UTC).timestamp()
    assert wait(b"Friday, 01-Jan-%02d 00:00:00 GMT" % year, now=at) == LONGEST_S
    assert wait(b"Friday, 01-Jan-%02d 00:00:00 GMT" % ((year + 1) % 100), now=at) == 0.0


def test_a_responses_headers_are_read() -> None:
    response = Response(None, "upstream")  # type: ignore[arg-type]
    response.headers = [(b"retry-after", b"3"), (b"retry-after-ms", b"2750"), (b"retry-after", b"9")]
    assert retry_after(response.header, NOW) == 2.75


@given(
    st.dictionaries(
        st.sampled_from([b"retry-after-ms", b"x-ms-retry-after-ms", b"retry-after"]),
        st.binary()
        | st.from_regex(rb"[-+]?[0-9]{0,45}([.e][0-9]*)?")
        | st.from_regex(rb"[A-Z][a-z]{2}, [0-9]{2} (Jan|Feb|Nov) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
        | st.from_regex(rb"[A-Z][a-z]{5,8}, [0-9]{2}-(Jan|Feb|Nov)-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
        | st.from_regex(rb"[A-Z][a-z]{2} (Jan|Feb|Nov) [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}"),
    ),
    st.floats(0, 4e9),
)
@example({b"retry-after": b"Sat, 01 Jan 0001 00:00:00 GMT"}, 0.0)
def test_no_bytes_raise_and_every_wait_is_bounded(headers: dict[bytes, bytes], now: float) -> None:
    seconds = retry_after(headers.get, now)
    assert seconds is None or 0 <= seconds <= LONGEST_S


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)))  # noqa: DTZ001
def test_dates_are_read_as_they_were_written(at: datetime) -> None:
    at = at.replace(microsecond=0, tzinfo=UTC)
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    expected = at.timestamp() - start
    assert wait(format_datetime(at, usegmt=True).encode(), now=start) == expected
    assert wait(at.strftime("%A, %d-%b-%y %H:%M:%S GMT").encode(), now=start) == expected
    assert wait(at.ctime().encode(), now=start) == expected
