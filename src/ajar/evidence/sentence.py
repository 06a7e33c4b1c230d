"""A verdict's reason, in a sentence for people."""

from __future__ import annotations

import math
from typing import Literal

Unit = Literal["share", "ms", "USD", "tokens"]

_WORDS = {"share": ("point", "points"), "ms": ("ms", "ms"), "USD": ("USD", "USD"), "tokens": ("token", "tokens")}


def passed(low: float, margin: float, unit: Unit) -> str:
    """Why `low`, the candidate's worst case, is good enough."""
    if low >= 0:
        return f"the candidate is at least {_amount(low, unit)} better" if low else "the candidate is not worse"
    worst, limit = _beside(-low, margin, unit)
    return f"the candidate is at most {worst} worse, which is within the margin of {limit}"


def failed(high: float, margin: float, unit: Unit) -> str:
    """Why `high`, the candidate's best case, is not good enough."""
    best, limit = _beside(-high, margin, unit)
    if margin == 0:
        return f"the candidate is at least {best} worse"
    return f"the candidate is at least {best} worse, which is more than the margin of {limit}"


def inconclusive(low: float, high: float, margin: float, unit: Unit) -> str:
    """What is open, where the margin lies within the interval."""
    worst, limit = _beside(-low, margin, unit)
    if high < 0:
        best, _ = _beside(-high, margin, unit)
        span = f"between {best} and {worst} worse"
    else:
        span = f"between {worst} worse and {_amount(high, unit)} better"
    return f"the candidate is {span}, and the margin is {limit}"


def lopsided(end: float | None, margin: float, unit: Unit, *, better: bool = False) -> str:
    """Why an interval on one side of the margin does not settle it: `end` is where it may end, None if unknown.

    The few cases are much worse on the good side of the margin, and much better (`better`) on its bad side.
    """
    tail = (
        "a few cases in which the candidate is much better stand against the others"
        if better
        else "a few cases in which the candidate is much worse make up most of the difference"
    )
    if end is None:
        return f"{tail}, and how many more of their kind there are is not known"
    farther, limit = _beside(-end, margin, unit)
    side = f"{'only ' if better and end < 0 else ''}{_side(end, farther, unit)}"
    return f"{tail}: it may be {side}, and the margin is {limit}"


def unseen(worst: float, n: int, margin: float, unit: Unit, *, clustered: bool = False) -> str:
    """Why `n` cases, or clusters of them, without it do not rule out what loses everything now and then."""
    farther, limit = _beside(-worst, margin, unit)
    seen = f"what loses everything and is so rare that none of {n:,} {'clusters' if clustered else 'cases'} showed it"
    return f"{seen} may make the candidate {_side(worst, farther, unit)}, and the margin is {limit}"


def stray(worst: float, count: int, margin: float, unit: Unit, *, clustered: bool = False) -> str:
    """Why so few cases, or clusters, that are far worse than all others leave open how bad it is."""
    farther, limit = _beside(-worst, margin, unit)
    noun = "cluster" if clustered else "case"
    out = f"1 {noun} stands" if count == 1 else f"{count} {noun}s stand"
    return (
        f"{out} out as much worse, too few to tell how often the like comes and how bad it gets: it may make the "
        f"candidate {_side(worst, farther, unit)}, and the margin is {limit}"
    )


def too_few(number: int, noun: str, least: int) -> str:
    """That a comparison has not enough of them."""
    there = f"is 1 {noun}" if number == 1 else f"are {number} {noun}s"
    return f"there {there}, and it takes {least}"


def alike(apart: int, noun: str) -> str:
    """That all but `apart` differences are the same."""
    most = f"all but {apart}" if apart else "all"
    return f"the difference is the same in {most} of the {noun}s, which says too little of its spread"


def unknown(reason: str) -> str:
    """Why nothing can be told, whatever the interval is."""
    return f"this comparison can neither pass nor fail: {reason}"


def refused(reason: str) -> str:
    """Why nothing can pass here, whatever the interval is."""
    return f"this comparison cannot pass: {reason}"


def cases(needed: int, clusters: int | None = None) -> str:
    """How it would be settled: with so many cases, in so many clusters where they come in any."""
    if needed > 1_000_000:
        return "it would take more than a million cases to settle it"
    within = "" if clusters is None else f" in {_about(clusters)} clusters"
    return f"about {_about(needed)} cases{within} would settle it"


def _about(number: int) -> str:
    """With three digits that count, rounded up."""
    digits = 2 - math.floor(math.log10(number))
    return f"{math.ceil(number / 10**-digits) * 10**-digits if digits < 0 else number:,}"


def _side(difference: float, worse: str, unit: Unit) -> str:
    return f"{_amount(difference, unit)} better" if difference > 0 else f"{worse} worse"


def _amount(value: float, unit: Unit, digits: int = 2) -> str:
    shown = value * 100 if unit == "share" else value
    places = 0 if shown == 0 else max(0, digits - 1 - math.floor(math.log10(abs(shown))))
    text = f"{shown:,.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    one, many = _WORDS[unit]
    return f"{text} {one if text == '1' else many}"


def _beside(value: float, margin: float, unit: Unit) -> tuple[str, str]:
    """Both amounts, `value` with as many digits as show on which side of the margin it lies."""
    limit = _amount(margin, unit, 6)
    for digits in range(2, 7):
        text = _amount(value, unit, digits)
        shown, least = (float(each.split()[0].replace(",", "")) for each in (text, limit))
        if (shown > least) == (value > margin) and (shown < least) == (value < margin):
            return text, limit
    return _amount(value, unit, 6), limit
