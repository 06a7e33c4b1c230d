"""Copies beside live answers: the pairs, the budget, and what the stage decides."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.model import Metric, Route, Shadow
from ajar.domain.feedback import Feedback
from ajar.domain.record import Attempt
from ajar.rollout.measures import gauges
from ajar.rollout.pairs import Pairs
from ajar.rollout.shadowing import share_of_alpha
from rollout.bench import MINUTE, ROUTE, SECOND, Bench, config, failed, record

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.domain.record import InferenceRecord

CHECKED: dict[str, Any] = {"checks": {"valid": {"scorer": "json"}}, "metrics": {"valid": Metric()}}


def shadowed(state: Path, new: float, **shadow: Any) -> Bench:
    made = Bench(
        state,
        config(**CHECKED, swap={"shadow": Shadow(**({"share": 0.5, "min": 100} | shadow))}),
        quality={"old": 1.0, "new": new},
    )
    made.begin(skip_gate="x", skip_preflight="y")
    made.run(10, 0, until=lambda document: document.state == "shadow")
    return made


def test_copies_that_are_as_good_lead_to_the_canary(tmp_path: Path) -> None:
    made = shadowed(tmp_path, 1.0)
    revision = made.revision()
    assert revision is not None
    assert revision.copying is not None
    assert revision.split is None
    document = made.run(120, 10, until=lambda document: document.state == "canary")
    assert document.shadow is not None
    assert (document.state, document.shadow.verdict) == ("canary", "passed")
    assert document.shadow.pairs >= 100
    assert {one.name for one in document.shadow.standings} == {"error", "valid"}
    revision = made.revision()
    assert revision is not None
    assert revision.copying is None
    assert revision.split is not None


@pytest.mark.parametrize("kills", [False, True])
def test_copies_that_are_worse_end_the_rollout_before_any_caller_saw_it(tmp_path: Path, kills: bool) -> None:
    made = shadowed(tmp_path, 0.5)
    for _ in range(120):
        if kills:
            made.restart()
        document = made.turn(1, 10)
        if document.ended:
            break
    assert (document.state, document.decision and document.decision.exit_code) == ("rolled_back", 1)
    assert document.shadow is not None
    assert document.shadow.verdict == "worse"
    assert document.steps == []
    revision = made.revision()
    assert revision is not None
    assert revision.copying is None


@pytest.mark.usefixtures("small_parts")
def test_a_shadow_that_reads_its_past_in_parts_finds_the_same(tmp_path: Path) -> None:
    made = shadowed(tmp_path, 0.9, min=10_000, daily_usd=100)
    random = Random(2)
    for _ in range(40):
        lost = random.random() < 0.5  # nobody copies those, and they count all the same
        fields = failed("old", "old") | {"status": 502, "error": "upstream_500"} if lost else {}
        made.turn(1)
        live = made.request(**fields)
        if not lost:
            made.copy(live, "new")
    before = made.turn(30)
    made.restart()
    parts = 0
    while (document := made.turn(0)).read_to is not None:
        assert document.shadow == before.shadow
        parts += 1
    assert parts > 5
    assert before.shadow is not None
    assert document.shadow is not None
    assert before.shadow.pairs > 10
    assert document.shadow.standings == before.shadow.standings
    assert (document.shadow.e, document.shadow.copies) == (before.shadow.e, before.shadow.copies)


def test_the_days_budget_is_kept(tmp_path: Path) -> None:
    made = shadowed(tmp_path, 1.0, min=10_000, daily_usd=0.002)  # one copy costs 0.00007
    document = made.run(60, 4)
    assert document.shadow is not None
    assert 0.002 <= document.shadow.today_usd < 0.004
    revision = made.revision()
    assert revision is not None
    assert revision.copying is None
    made.turn(24 * 3600)
    assert made.turn().state == "shadow"
    revision = made.revision()
    assert revision is not None
    assert revision.copying is not None


def test_without_a_price_there_is_no_shadow(tmp_path: Path) -> None:
    made = Bench(tmp_path, config(swap={"shadow": Shadow(share=0.5)}))
    made.begin("third", skip_gate="x", skip_preflight="y")
    document = made.run(10, 0, until=lambda document: document.state == "canary")
    assert document.shadow is not None
    assert document.shadow.verdict == "skipped"
    assert "price" in document.shadow.why


def test_a_pause_stops_the_copies(tmp_path: Path) -> None:
    made = shadowed(tmp_path, 1.0)
    made.order("pause")
    made.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.copying is None
    made.order("resume")
    made.turn()
    revision = made.revision()
    assert revision is not None
    assert revision.copying is not None


def test_the_shadow_has_the_share_of_one_guard() -> None:
    alone = gauges(Route(primary="old"))
    assert share_of_alpha(alone, 0.05) == pytest.approx(0.025)
    guarded = gauges(Route(primary="old", metrics={"error": Metric(role="primary"), "timeout": Metric()}))
    assert share_of_alpha(guarded, 0.05) == pytest.approx(0.0125)


def pairs(**metrics: Metric) -> Pairs:
    route = Route(primary="old", checks={"valid": {}}, metrics=metrics)
    return pairing(route, 1.0)


def pairing(route: Route, share: float) -> Pairs:
    made = Pairs("old", "new", gauges(route), {}, share)
    made.copying = {0}
    return made


def live(number: int, **fields: Any) -> InferenceRecord:
    return record(number * SECOND, f"i{number}", **fields)


def copy(number: int, **fields: Any) -> InferenceRecord:
    values = {"deployment": "new", "purpose": "shadow", "copy_of": f"i{number}"}
    return record(number * SECOND + 1, f"c{number}", **(values | fields))


def check(of: str, value: float, time: int = 3 * SECOND) -> Feedback:
    return Feedback(
        id=of, time=time, route=ROUTE, metric="valid", value=value, caller="x", source="check", inference=of
    )


def test_a_pair_waits_for_its_checks() -> None:
    made = pairs(valid=Metric(role="primary"))
    made.take(copy(1))
    made.take(live(1))
    made.feedback(check("i1", 1.0))
    made.feedback(check("c1", 0.0))
    made.feedback(check("c1", 1.0, 100 * SECOND))  # too late
    assert made.advance(2 * SECOND) == 0
    assert made.advance(10 * SECOND) == 1
    (valid, *_) = made.scales
    assert (valid.live, valid.copy) == (1.0, 0.0)


def test_one_pair_a_unit() -> None:
    made = pairs()
    for number in (1, 2):
        made.take(live(number, unit_hash="ab"))
        made.take(copy(number))
    made.advance(MINUTE)
    assert (made.copies, made.pairs) == (2, 1)


def test_a_copy_whose_live_answer_says_nothing_is_no_pair() -> None:
    made = pairs()
    begun = Attempt("old", 0.0, 3.0, 5.0, None, "caller_left")
    made.take(live(1, status=499, error="caller_left", attempts=(begun,)))
    made.take(copy(1))
    made.take(copy(2))
    made.advance(MINUTE)
    assert (made.pairs, made.incomplete) == (0, 2)


def test_latency_is_compared_by_the_margin() -> None:
    made = pairs(total_ms=Metric(margin=0.5))
    for number, took in enumerate((1100.0, 1300.0, 300.0), 1):
        made.take(live(number))  # 800 ms
        made.take(copy(number, total_ms=took))
    made.advance(MINUTE)
    (slow,) = [scale for scale in made.scales if scale.gauge.metric == "total_ms"]
    assert (slow.live, slow.copy) == (2.0, 2.0)


def test_failed_copies_are_evidence() -> None:
    made = pairs()
    for number in range(1, 20):
        made.take(live(number))
        made.take(copy(number, **failed("new", "new"), error="upstream_500", status=502))
    made.advance(MINUTE)
    assert made.e > 40


def test_a_live_failure_that_nobody_copied_tells_nothing_against_the_candidate() -> None:
    # Both fail one in ten, and no other deployment helps the control: only its answers are copied.
    random, made = Random(4), pairs()
    for number in range(1, 2000):
        live_failed, copy_failed = random.random() < 0.1, random.random() < 0.1
        lost = {"status": 502, "error": "upstream_500"}
        made.take(live(number, **(failed("old", "old") | lost if live_failed else {})))
        if not live_failed:
            made.take(copy(number, **(failed("new", "new") | lost if copy_failed else {})))
        made.advance(number * SECOND)
    assert made.pairs > 1700  # nothing was added to them
    assert made.most < 40


@pytest.mark.parametrize(("status", "counts"), [(502, True), (429, True), (400, False)])
def test_a_request_that_was_itself_at_fault_is_no_failure_of_the_control(status: int, counts: bool) -> None:
    made = pairs()
    for number in range(1, 20):
        made.take(live(number, status=status, error="upstream_500", attempts=failed("old")["attempts"][:1]))
    made.take(copy(100, copy_of="i1"))
    made.advance(MINUTE)
    (error,) = made.scales
    assert (error.pairs, error.betting.blocks) == (0, 19 if counts else 0)


def test_of_failures_as_large_a_share_counts_as_is_copied() -> None:
    made = pairing(Route(primary="old"), 0.1)
    for number in range(1, 2000):
        made.take(live(number, **failed("old", "old"), status=502, error="upstream_500"))
        made.advance(number * SECOND)
    assert 130 < made.scales[0].betting.blocks < 270


def test_failures_of_a_time_without_copies_do_not_count() -> None:
    """The day's budget is spent, or the rollout is paused."""
    made = pairs()
    made.copying = {3, 5}
    for number in range(1, 40):
        revision = 3 + number % 3
        made.take(live(number, **failed("old", "old"), status=502, error="upstream_500", revision=revision))
    made.advance(MINUTE)
    assert made.scales[0].betting.blocks == 26


def test_failures_weigh_as_much_as_the_answers_of_which_there_are_copies() -> None:
    """Four of five copies found no place."""
    made = pairs()
    for number in range(1, 2001):
        broken = number % 2 == 0
        lost = failed("old", "old") | {"status": 502, "error": "upstream_500"}
        made.take(live(number, **(lost if broken else {})))
        if number % 10 == 1:
            made.take(copy(number))
        elif number % 10 == 3:
            made.take(copy(number, status=499, error="copy_cut", attempts=()))
        made.advance(number * SECOND)
    betting = made.scales[0].betting
    assert made.pairs == 200
    assert betting.total / 1000 == pytest.approx(0.2, abs=0.02)


def test_evidence_that_was_reached_once_counts() -> None:
    made = pairs()
    for number in range(1, 60):
        made.take(live(number, **(failed("old", "third") if number >= 20 else {})))
        made.take(copy(number, **(failed("new", "new") if number < 20 else {})))
    made.advance(2 * MINUTE)
    assert made.most > made.e
