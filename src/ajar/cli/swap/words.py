"""Numbers and times of a rollout, as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.evidence.live.look import Standing

NOTHING = "–"


def share(part: float, whole: float) -> str:
    """`1.2%`; a dash where there is no whole."""
    return f"{100 * part / whole:.1f}%" if whole else NOTHING


def percent(value: float) -> str:
    """A share that is given in per cent: `5%`."""
    return f"{value:g}%"


def mean(one: Standing, value: float | None) -> str:
    """A mean of an arm: a share of the points, or the number itself."""
    if value is None:
        return NOTHING
    return f"{100 * value:.1f}%" if one.kind == "bounded" else f"{value:,.4g}"


def difference(one: Standing, value: float | None) -> str:
    """Candidate less control: in points of 100, as a share of the control's, or in the number's own unit."""
    if value is None:
        return NOTHING
    if one.kind == "bounded":
        return signed(100 * value, 1)
    if one.kind == "log_mean":
        return f"{signed(100 * value, 1)}%"
    return f"{'−' if value < 0 else '+'}{abs(value):,.3g}"


def interval(one: Standing) -> str:
    """`−4.1 … +3.5`; empty before there is one."""
    if one.low is None and one.high is None:
        return ""
    return f"{_end(one, one.low, '−∞')} … {_end(one, one.high, '+∞')}"


def _end(one: Standing, value: float | None, without: str) -> str:
    return without if value is None else difference(one, value)


def signed(value: float, digits: int) -> str:
    """With its sign; what rounds to nothing has none."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'−' if value < 0 else '+'}{text}"


def evidence(e: float | None, at: float | None) -> str:
    """`7.1 of 40`; a dash where the measure decides nothing."""
    if e is None or at is None:
        return NOTHING
    return f"{e_value(e)} of {at:,.0f}"


def e_value(e: float) -> str:
    """Two or three digits that matter, and no more."""
    if e >= 1e6 or 0 < e < 0.001:
        return "< 0.001" if e < 1 else "> 1,000,000"
    return f"{e:,.0f}" if e >= 100 else f"{e:.1f}" if e >= 1 else f"{e:.2g}"


def span(micros: float) -> str:
    """A time that has passed: `40 s`, `12 min`, `3.5 h`, `2.1 days`."""
    seconds = max(micros, 0) / 1e6
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * 86400 else f"{seconds / 86400:.1f} days"


def days(value: float | None) -> str:
    """Of a plan: `3.4 days`, `5 h`, `12 min`; `never` for None."""
    return "never" if value is None else span(value * 86400e6) if value < 1000 else f"{value:,.0f} days"


def rate(value: float) -> str:
    """So many a day: `1,360,000` or `0.42`."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def clock(micros: int) -> str:
    """`2026-11-21 16:00:05`, UTC."""
    return f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M:%S}"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 pair`, `12 pairs`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
