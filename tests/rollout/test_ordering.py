"""Beginning, ordering and looking, without any service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.config.model import Metric
from ajar.config.revision import Revision, table_digest
from ajar.errors import ConfigError, StateError
from ajar.rollout.ordering import Asked, begin, order, present_plan, status
from ajar.store.revisions import Revisions
from rollout.bench import ROUTE, config

if TYPE_CHECKING:
    from pathlib import Path


def test_an_order_is_there_at_once(tmp_path: Path) -> None:
    made = begin(tmp_path, config(), ROUTE, "new", who="ann", why="cheaper", asked=Asked(steps=(20,), max_hours=3))
    (document,) = status(tmp_path)
    assert status(tmp_path, made) == status(tmp_path, ROUTE) == [document]
    assert (document.id, document.state, document.control, document.candidate) == (made, "queued", "old", "new")
    assert (document.options.steps, document.options.max_hours, document.options.min_units) == ((20,), 3, 20)
    assert document.before.table_digest == table_digest(config().routes[ROUTE])


def test_one_rollout_for_each_route(tmp_path: Path) -> None:
    begin(tmp_path, config(), ROUTE, "new", who="ann")
    with pytest.raises(StateError, match="running"):
        begin(tmp_path, config(), ROUTE, "third", who="ann")


@pytest.mark.parametrize("to", ["nobody", "old"])
def test_what_it_cannot_go_to(tmp_path: Path, to: str) -> None:
    with pytest.raises(ConfigError):
        begin(tmp_path, config(), ROUTE, to, who="ann")
    assert status(tmp_path) == []


@pytest.mark.parametrize("steps", [(), (50, 5), (5, 5), (100,)])
def test_steps_must_grow(tmp_path: Path, steps: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError):
        begin(tmp_path, config(), ROUTE, "new", who="ann", asked=Asked(steps=steps))


def test_metrics_that_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="solved"):
        begin(tmp_path, config(metrics={"solved": Metric()}), ROUTE, "new", who="ann")
    with pytest.raises(ConfigError, match="margin"):
        begin(tmp_path, config(metrics={"error": Metric(margin=2)}), ROUTE, "new", who="ann")


def test_the_plan_is_that_of_the_revision_in_force(tmp_path: Path) -> None:
    found = config()
    revision = Revision(
        route=ROUTE,
        number=4,
        base=table_digest(found.routes[ROUTE]),
        time=1,
        by="ann",
        why="x",
        primary="third",
        fallback=("old",),
    )
    Revisions(tmp_path).write(revision)
    plan = present_plan(tmp_path, found, ROUTE)
    assert (plan.primary, plan.fallback, plan.revision) == ("third", ("old",), 4)
    assert present_plan(tmp_path, config(strict=True), ROUTE).revision == 0


def test_orders_reach_the_one_that_runs(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no rollout is running"):
        order(tmp_path, ROUTE, "pause", by="ann")
    made = begin(tmp_path, config(), ROUTE, "new", who="ann")
    assert order(tmp_path, ROUTE, "pause", by="ann").rollout == made
    assert order(tmp_path, made, "resume", by="ann").rollout == made
