from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.errors import StateError
from ajar.store.orders import Order, Orders
from ajar.store.rollouts import RolloutRow, Rollouts

if TYPE_CHECKING:
    from ajar.store.database import Database


@pytest.fixture
def orders(database: Database) -> Orders:
    for name in ("a", "b"):
        Rollouts(database).add(RolloutRow(name, name, "canary", True, 1, 1, b"{}"))
    return Orders(database)


def test_an_order_is_pending_until_it_is_done(orders: Orders) -> None:
    first = orders.give("a", "pause", "eva", "lunch", 1_795_000_000_000_000)
    second = orders.give("b", "abort", "jo", "", 2)
    third = orders.give("a", "resume", "eva", "back", 3)
    assert orders.pending() == [first, second, third]
    assert first == Order(first.number, "a", "pause", "eva", "lunch", 1_795_000_000_000_000)
    orders.done(second.number)
    assert orders.pending() == [first, third]
    orders.done(second.number)
    orders.done(first.number)
    orders.done(third.number)
    assert orders.pending() == []


def test_numbers_are_not_used_again(orders: Orders) -> None:
    first = orders.give("a", "pause", "", "", 1)
    orders.done(first.number)
    assert orders.give("a", "resume", "", "", 2).number > first.number


def test_what_names_no_rollout_is_refused(orders: Orders) -> None:
    with pytest.raises(StateError, match="there is no rollout c"):
        orders.give("c", "pause", "", "", 1)
