"""When a circuit breaker opens, for how long, and which open one is the least bad. Pure.

The breaker is Nygard's ("Release It!", 2007). Five failures in a row are Envoy's (outlier detection, consecutive_5xx);
twenty attempts of which half failed, and five seconds until the first probe, are Hystrix's (requestVolumeThreshold,
errorThresholdPercentage, sleepWindowInMilliseconds). Doubling with jitter is the usual exponential back-off.

Taken alone, those thresholds flap: a deployment that fails 30 % of the time has five failures in a row 17 times in
10,000 attempts, and half of twenty failed in every twentieth window. So a threshold counts only where chance does not
explain it.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ajar.traffic.vitals import Count, Standing

_ROW: Final = 5
_LEAST: Final = 20
_TOLERATED: Final = 0.3
"""A share of failures at which no breaker opens by chance: retries and fallbacks live with it."""
_BY_CHANCE: Final = 1e-6
_PRIOR: Final = 10
"""So many good attempts are supposed before the first: one early failure must not make the breaker slow."""

_SLEEP_S: Final = 5.0
_LONGEST_S: Final = 60.0
_JITTER: Final = 0.2


def trips(row: float, history: Count, window: Count) -> bool:
    """Whether the breaker opens, after `row` failures in a row; `history` and `window` contain them.

    A row of 5 opens it where hardly anything failed before; where 30 % did, it takes 12, and never more than 20. In the
    window it takes 17 failures in 20 attempts, 36 in 60, or half of 134 and more.
    """
    return _row_trips(row, history) or _window_trips(window)


def _row_trips(row: float, history: Count) -> bool:
    if row < _ROW:
        return False
    # A worker that has yet to notice a closing has a row already and no history.
    share = max(0.0, history.failed - row) / (max(0.0, history.ended - row) + _PRIOR)
    return row >= _LEAST or share**row < _BY_CHANCE


def _window_trips(window: Count) -> bool:
    if window.ended < _LEAST or 2 * window.failed < window.ended:
        return False
    # The bound is about ten times the chance itself.
    return chance_bound(window, _TOLERATED) < 10 * _BY_CHANCE


def chance_bound(count: Count, share: float) -> float:
    """An upper bound of the chance that at least so many fail where each fails with probability `share`.

    Theorem 1 of W. Hoeffding, "Probability inequalities for sums of bounded random variables" (1963).
    """
    found = count.failed / count.ended
    if found <= share:
        return 1.0
    good = (1 - found) * log((1 - found) / (1 - share)) if found < 1 else 0.0
    return exp(-count.ended * (found * log(found / share) + good))


def pause(probes: float, told: float | None, chance: float) -> float:
    """Seconds from now until the next probe, after so many failed ones. `chance` is uniform in [0, 1).

    5 s, doubled with each failed probe up to 60 s, less up to a fifth so that deployments that failed together are not
    probed together. `told` is the upstream's own wish, which lengthens it up to 60 s.
    """
    usual = min(_LONGEST_S, _SLEEP_S * 2 ** min(probes, 10)) * (1 - _JITTER * chance)
    return max(usual, heeded(told))


def heeded(told: float | None) -> float:
    """How many of the seconds that the upstream wants to be left alone are granted."""
    return 0.0 if told is None else min(told, _LONGEST_S)


def badness(standing: Standing, window: Count, now: float) -> float:
    """What orders breakers that are not closed, the least bad first; 0 for one that is closed.

    A failed probe weighs most, then the share of failures when it opened together with how long it still waits.
    """
    if not standing.is_open:
        return 0.0
    share = window.failed / window.ended if window.ended else 1.0
    return standing.probes + share + standing.wait(now) / _LONGEST_S
