"""Values for the slots of a phrasing: order ids, dates and sums of money, open-ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_DAYS = ("Mon", "Tue", "Tues", "Wed", "Thu", "Thurs", "Fri", "Sat", "Sun")


def _digits(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(rng.randint(low, high)))


def _letters(rng: random.Random, low: int, high: int) -> str:
    return "".join(rng.choice(_UPPER) for _ in range(rng.randint(low, high)))


def _segment(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.50:
        return _digits(rng, 2, rng.choice((4, 5, 6, 8, 10)))
    if kind < 0.74:
        return _letters(rng, 1, rng.choice((2, 3, 4)))
    if kind < 0.80:
        return str(rng.randint(2019, 2027))
    if kind < 0.88:
        return _letters(rng, 1, 3) + _digits(rng, 1, 6)
    if kind < 0.93:
        return _digits(rng, 1, 5) + _letters(rng, 1, 3)
    if kind < 0.95:
        return "".join(rng.choice(_MIXED) for _ in range(rng.randint(4, 9)))
    pool = "0123456789ABCDEF" if rng.random() < 0.5 else "0123456789" + _UPPER
    return "".join(rng.choice(pool) for _ in range(rng.randint(4, 9)))


_MIXED = "0123456789" + _UPPER + _UPPER.lower()
_CODES = ("USD", "EUR", "GBP", "CHF", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "INR", "JPY", "NZD", "ZAR")
_WORDS = ("dollars", "euros", "pounds", "francs", "bucks", "quid", "kroner", "zloty", "rupees", "yen")
_HEADS = (
    "ORD",
    "ORDER",
    "SO",
    "PO",
    "WEB",
    "INV",
    "REF",
    "EC",
    "SHOP",
    "CO",
    "NO",
    "ID",
    "SALE",
    "CART",
    "ONL",
    "TX",
    "R",
    "W",
    "E",
    "P",
    "B",
    "CUST",
)


class OrderIds:
    """Order ids of a random grammar each; ids of the barred formats never come out."""

    def __init__(self, barred: Sequence[str] = ()) -> None:
        self._barred = [re.compile(pattern) for pattern in barred]

    def draw(self, rng: random.Random) -> str:
        """One order id, one to four segments long, at least three characters of it digits."""
        while True:
            value = self._candidate(rng)
            enough = sum(c.isdigit() for c in value) >= 3 and 4 <= len(value) <= 24
            if enough and not self.is_barred(value):
                return value

    def is_barred(self, value: str) -> bool:
        """Whether the id is of a barred format, in any letter case."""
        return any(p.fullmatch(value) or p.fullmatch(value.upper()) for p in self._barred)

    @staticmethod
    def _candidate(rng: random.Random) -> str:
        kind = rng.random()
        if kind < 0.16:
            body = _digits(rng, 4, 12)
        elif kind < 0.30:
            body = rng.choice(_HEADS) + rng.choice("-- _/:.") + _digits(rng, 3, 9)
            body = body.replace(" ", "")
        else:
            count = rng.choice((1, 2, 2, 2, 3, 3, 4))
            join = rng.choice(("-", "-", "-", "-", "", "", "/", "_", ".", ":", "+", "~", "*", "=", "|"))
            body = join.join(_segment(rng) for _ in range(count))
        if rng.random() < 0.08:
            body = body.lower()
        if rng.random() < 0.24:
            body = rng.choice("###########№@*") + body
        return body


def draw_date(rng: random.Random) -> str:
    """A calendar date or weekday in one of many spellings."""
    day, month, year = rng.randint(1, 28), rng.randrange(12), rng.randint(2022, 2027)
    full = _MONTHS[month]
    name = full if rng.random() < 0.65 else rng.choice((_SHORT_MONTHS[month], full[:3]))
    name = rng.choice(_SHORT_MONTHS) if rng.random() < 0.05 else name
    if len(name) < 5 and name != "May" and rng.random() < 0.12:
        name += "."
    suffix = "th" if 10 <= day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    ordinal = f"{day}{suffix}"
    weekday = rng.choice(_DAYS) if rng.random() < 0.85 else rng.choice(_SHORT_DAYS)
    two = year % 100
    shapes = (
        (6, f"{day} {name}"),
        (3, f"{day} {name} {year}"),
        (5, f"{name} {day}"),
        (3, f"{name} {day}, {year}"),
        (1, f"{name} {day} {year}"),
        (4, f"{name} {ordinal}"),
        (2, f"{name} {ordinal}, {year}"),
        (4, f"{ordinal} {name}"),
        (3, f"{ordinal} of {name}"),
        (1, f"{ordinal} of {name} {year}"),
        (1, f"{ordinal} {name} {year}"),
        (5, f"{year}-{month + 1:02d}-{day:02d}"),
        (1, f"{year}/{month + 1:02d}/{day:02d}"),
        (2, f"{month + 1:02d}/{day:02d}/{year}"),
        (2, f"{day:02d}/{month + 1:02d}/{year}"),
        (2, f"{day}/{month + 1}/{two:02d}"),
        (1, f"{month + 1}/{day}/{year}"),
        (2, f"{month + 1}/{day}"),
        (2, f"{day:02d}.{month + 1:02d}.{year}"),
        (1, f"{day}.{month + 1}.{year}"),
        (1, f"{day:02d}.{month + 1:02d}.{two:02d}"),
        (1, f"{day:02d}-{month + 1:02d}-{year}"),
        (1, f"{day}-{name.rstrip('.')}-{year}"),
        (8, weekday),
        (5, f"last {weekday}"),
        (4, f"next {weekday}"),
        (3, f"this {weekday}"),
        (1, f"this coming {weekday}"),
        (2, f"{weekday} {day} {name}"),
        (1, f"{weekday} {ordinal} {name}"),
        (1, f"{weekday} the {ordinal}"),
        (1, f"{weekday} the {ordinal} of {name}"),
        (2, f"{weekday}, {name} {day}"),
        (1, f"{weekday}, {name} {ordinal}"),
        (1, f"{weekday}, {day} {name}"),
    )
    weights = [weight for weight, _ in shapes]
    return rng.choices([shape for _, shape in shapes], weights)[0]


def draw_amount(rng: random.Random) -> str:
    """A sum of money with its sign, code or word."""
    whole = rng.choice((rng.randint(1, 30), rng.randint(10, 120), rng.randint(100, 2500)))
    cents = rng.choice((99, 95, 50, 0, 90, 49, rng.randint(0, 99)))
    grouped = f"{whole:,}" if rng.random() < 0.6 else str(whole)
    plain = grouped if rng.random() < 0.35 else f"{grouped}.{cents:02d}"
    sign = rng.choice(("$", "$", "$", "€", "€", "£", "£", "US$", "A$", "C$", "CA$", "¥", "₹", "kr "))
    code = rng.choice(_CODES)
    shapes = (
        (20, f"{sign}{plain}"),
        (4, f"{plain} {code}"),
        (4, f"{code} {plain}"),
        (6, f"{grouped} {rng.choice(_WORDS)}"),
        (2, f"{plain} {rng.choice(_WORDS)}"),
        (3, f"{plain}€" if rng.random() < 0.5 else f"{plain} €"),
        (1, f"{plain} {rng.choice(('$', '£', 'kr', 'zł'))}"),
        (2, f"{whole},{cents:02d} {rng.choice(('€', 'EUR', 'euros'))}"),
        (1, f"€{whole},{cents:02d}"),
        (1, f"{code}{plain}"),
        (1, f"{grouped} {rng.choice(('US', 'Canadian', 'Australian'))} dollars"),
        (1, f"{plain}{rng.choice(('USD', 'EUR', 'GBP'))}"),
        (1, f"Rs. {grouped}"),
    )
    weights = [weight for weight, _ in shapes]
    return rng.choices([shape for _, shape in shapes], weights)[0]
