"""How long a refusal's headers ask to wait, in every form that upstreams give it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S = 366 * 86400.0
"""What asks for more is read as this: as finite as any wait that nobody waits for."""

_FORMS = ((b"retry-after-ms", 1000.0), (b"x-ms-retry-after-ms", 1000.0), (b"retry-after", 1.0))
_LONGEST_TEXT = 40  # the longest date has 33 letters

_number = re.compile(rb"\d+(?:\.\d+)?").fullmatch
_CLOCK = rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
# RFC 9110, 5.6.7: the form of today, the one of RFC 850, and C's asctime.
_dates = tuple(
    re.compile(form, re.IGNORECASE).fullmatch
    for form in (
        rb"[a-z]{3}, (?P<day>\d\d) (?P<month>[a-z]{3}) (?P<year>\d{4}) " + _CLOCK + rb" GMT",
        rb"[a-z]{6,9}, (?P<day>\d\d)-(?P<month>[a-z]{3})-(?P<year>\d\d) " + _CLOCK + rb" GMT",
        rb"[a-z]{3} (?P<month>[a-z]{3}) (?P<day>[ \d]\d) " + _CLOCK + rb" (?P<year>\d{4})",
    )
)
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")


def retry_after(header: Callable[[bytes], bytes | None], now: float) -> float | None:
    """The seconds to wait that the headers ask for, 0 to `LONGEST_S`; None where they ask for none that can be read.

    `header` gives a header's value by its name in lower case; `now` is the time in Unix seconds, and a date before it
    means 0. Milliseconds are read before seconds, since they say the same more exactly. Never raises. Only for
    refusals: Anthropic sends `retry-after` with answers too.
    """
    for name, unit in _FORMS:
        value = header(name)
        if value is None or len(value) > _LONGEST_TEXT:
            continue
        value = value.strip()
        if _number(value):
            return min(float(value) / unit, LONGEST_S)
        if unit == 1.0 and (at := _date(value, now)) is not None:
            return min(max(at - now, 0.0), LONGEST_S)
    return None


def _date(value: bytes, now: float) -> float | None:
    """The Unix time of an HTTP date; None for anything else."""
    found = next(filter(None, (date(value) for date in _dates)), None)
    if found is None or (month := found["month"].lower()) not in _MONTHS:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        latest = 1970 + int(now // 31_556_952) + 50  # RFC 9110: more than 50 years ahead are past
        year += (latest - year) // 100 * 100
    try:
        minute = datetime(
            year, _MONTHS.index(month) + 1, int(found["day"]), int(found["hour"]), int(found["minute"]), tzinfo=UTC
        )
    except ValueError:
        return None
    second = int(found["second"])  # 60 is a leap second
    return minute.timestamp() + second if second <= 60 else None
