"""How many units a route's recorded traffic had, and how good its callers said that they were."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Final, NamedTuple

from ajar.rollout.measures import number_of, scaled
from ajar.traffic.feedback import latest, read_feedback
from ajar.traffic.filters import Filters
from ajar.traffic.query import open_traffic

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.rollout.measures import Gauge

_DAY_US: Final = 86_400_000_000
MOST_DAYS: Final = 14
_COUNTS: Final = """
SELECT count(*), count(*) FILTER (WHERE unit_hash IS NULL), count(*) FILTER (WHERE error IS NOT NULL OR status >= 500),
       count(DISTINCT unit_hash), min(epoch_us(time))
FROM traffic
"""
_FRESH: Final = """
SELECT count(*) FROM (SELECT min(epoch_us(time)) AS first FROM traffic WHERE unit_hash IS NOT NULL GROUP BY unit_hash)
WHERE first >= $middle
"""


class Arrivals(NamedTuple):
    """What was recorded. `days` is how long ago the first request was, at most 14.

    `units` are different ones, and `fresh` those of them that came for the first time in the second half of these days:
    a unit enters a rollout once, so they are what it can count on once it runs.
    """

    days: float
    requests: int
    without_unit: int
    failed: int
    units: int
    fresh: int

    @property
    def a_day(self) -> float:
        """New units a day."""
        return self.fresh / (self.days / 2) if self.days and self.fresh else 0.0

    @property
    def error_share(self) -> float:
        """The share of the requests that failed."""
        return self.failed / self.requests if self.requests else 0.0


def arrivals(state_dir: Path, route: str, now: int) -> Arrivals:
    """Of a route's live requests, whether or not an experiment ran. Raises StateError and OSError."""
    filters = Filters(since=now - MOST_DAYS * _DAY_US, routes=(route,), purposes=("live",))
    with open_traffic(state_dir) as traffic:
        ((requests, without, failed, units, first),) = traffic.query(_COUNTS, filters).fetchall()
        if first is None:
            return Arrivals(0.0, 0, 0, 0, 0, 0)
        ((fresh,),) = traffic.query(_FRESH, filters, middle=(first + now) // 2).fetchall()
    days = max((now - first) / _DAY_US, 0.0)
    return Arrivals(days, requests, without, failed, units, fresh)


def said_good(state_dir: Path, route: str, gauge: Gauge, now: int) -> float | None:
    """The mean, from 0 to 1, of what callers said of this bounded metric in these days; None where that is nothing.

    Checks tell nothing here: theirs are also of copies, which another model answered. Raises OSError.
    """
    if gauge.source != "caller" or gauge.measure.kind != "bounded" or gauge.missing is not None:
        return None
    since = now - MOST_DAYS * _DAY_US
    told = [said for said in read_feedback(state_dir) if said.source == "caller" and said.time >= since]
    numbers = [number_of(said.value) for said in latest(told) if (said.route, said.metric) == (route, gauge.metric)]
    values = [scaled(gauge, number) for number in numbers if number is not None]
    if not values:
        return None
    return 1.0 - fmean(values) if gauge.flipped else fmean(values)
