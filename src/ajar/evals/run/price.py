"""What an answer cost, from its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.config.model import Price
    from ajar.domain.usage import Usage

_MILLION = 1_000_000


def cost(usage: Usage, price: Price | None) -> float | None:
    """USD. None where the price, or a count that it applies to, is not known.

    Where nothing is paid, nothing need be known of the tokens.
    """
    if price is None:
        return None
    read_price = price.input if price.cached_input is None else price.cached_input
    written_price = price.input if price.cache_write is None else price.cache_write
    if not (price.input or price.output or read_price or written_price):
        return 0.0
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    read, written = usage.cache_read_input_tokens or 0, usage.cache_write_input_tokens or 0
    fresh = max(usage.input_tokens - read - written, 0)
    dollars = (
        fresh * price.input + read * read_price + written * written_price + usage.output_tokens * price.output
    ) / _MILLION
    return round(dollars, 12)
