from __future__ import annotations

import pytest

from ajar.config.model import Price
from ajar.domain.usage import Usage
from ajar.evals.run.price import cost

FULL = Price(input=2, output=10, cached_input=0.5, cache_write=2.5)


@pytest.mark.parametrize(
    ("usage", "price", "dollars"),
    [
        (Usage(1_000_000, 100_000), Price(input=2, output=10), 3.0),
        # 1,000 tokens in, of which 400 were read from the cache and 100 written to it.
        (Usage(1000, 50, 400, 100), FULL, (500 * 2 + 400 * 0.5 + 100 * 2.5 + 50 * 10) / 1e6),
        (Usage(1000, 50, 400, 100), Price(input=2, output=10), (1000 * 2 + 50 * 10) / 1e6),
        (Usage(1000, 50, 1200), FULL, (1200 * 0.5 + 50 * 10) / 1e6),
        (Usage(), Price(input=0, output=0), 0.0),
        (Usage(5, 5), Price(input=0, output=0), 0.0),
    ],
)
def test_cached_input_is_part_of_the_input(usage: Usage, price: Price, dollars: float) -> None:
    assert cost(usage, price) == pytest.approx(dollars, abs=1e-12)


@pytest.mark.parametrize("usage", [Usage(), Usage(5), Usage(output_tokens=5)])
def test_what_is_not_known_costs_nothing_known(usage: Usage) -> None:
    assert cost(usage, FULL) is None
    assert cost(usage, Price(input=0, output=0, cached_input=1)) is None


def test_without_a_price_nothing_is_known() -> None:
    assert cost(Usage(5, 5), None) is None
