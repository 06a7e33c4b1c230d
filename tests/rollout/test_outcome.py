"""What one record says of the deployment that was assigned."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.config.model import Price
from ajar.domain.record import Attempt
from ajar.domain.usage import Usage
from ajar.rollout.outcome import outcome_of
from rollout.bench import failed, record

PRICES = {"old": Price(input=1, output=2), "new": Price(input=10, output=20)}


def outcome(**fields: Any) -> Any:
    return outcome_of(record(0, "i", **({"deployment": "new"} | fields)), "new", PRICES)


def attempt(error: str | None, deployment: str = "new", status: int | None = None) -> Attempt:
    return Attempt(deployment, 0.0, None, 5.0, status, error)


def test_a_good_answer() -> None:
    found = outcome()
    assert (found.error, found.timeout, found.refusal, found.elsewhere) == (False, False, False, False)
    assert (found.ttfb_ms, found.total_ms, found.tokens) == (300.0, 800.0, 120.0)
    assert found.cost_usd == pytest.approx((100 * 10 + 20 * 20) / 1e6)


def test_a_failure_that_another_deployment_saved() -> None:
    found = outcome(**failed("new"))
    assert (found.error, found.elsewhere, found.timeout) == (True, True, False)
    assert (found.ttfb_ms, found.total_ms) == (None, None)
    assert found.cost_usd == pytest.approx(140 / 1e6)  # what it came to, at the price of whoever answered


def test_a_failure_that_its_own_second_attempt_saved_is_one() -> None:
    found = outcome(attempts=(attempt("upstream_500"), attempt(None, status=200)))
    assert (found.error, found.elsewhere, found.ttfb_ms) == (True, False, None)


def test_one_that_was_never_tried_did_not_deliver() -> None:
    assert outcome(deployment="old", attempts=(attempt(None, "old", 200),)).error
    assert outcome(deployment=None, status=503, error="no_deployment_available", attempts=()).error
    assert outcome(deployment=None, status=429, error="deployment_busy", attempts=()).error


@pytest.mark.parametrize("code", ["upstream_first_byte_timeout", "upstream_gap_timeout", "upstream_total_timeout"])
def test_timeouts(code: str) -> None:
    found = outcome(status=504, error=code, attempts=(attempt(code),))
    assert (found.error, found.timeout, found.total_ms) == (True, True, None)


def test_a_caller_who_left_in_the_middle_of_the_answer_is_no_failure() -> None:
    begun = Attempt("new", 0.0, 3.0, 5.0, None, "caller_left")
    assert outcome(status=499, error="caller_left", attempts=(begun,)) is None


def test_a_caller_who_left_before_anything_came_waited_in_vain() -> None:
    for attempts in ((attempt("caller_left"),), ()):  # asked, or still waiting for a place
        found = outcome(status=499, error="caller_left", attempts=attempts)
        assert (found.error, found.elsewhere, found.total_ms) == (True, False, None)


def test_what_the_service_itself_ends_is_no_failure() -> None:
    assert outcome(status=503, error="drained", attempts=(attempt("drained"),)) is None


@pytest.mark.parametrize("ttfb_ms", [None, 3.0])
def test_a_copy_that_was_cut_to_make_room_says_nothing(ttfb_ms: float | None) -> None:
    cut = {"status": 499, "error": "copy_cut", "purpose": "shadow", "copy_of": "live"}
    assert outcome(**cut, attempts=(Attempt("new", 0.0, ttfb_ms, 5.0, None, "copy_cut"),)) is None
    assert outcome(**cut, deployment=None, attempts=()) is None
    failed_first = (attempt("upstream_500"), attempt("copy_cut"))
    assert outcome(**cut, attempts=failed_first).error


def test_an_answer_that_the_gateway_cannot_take_counts_for_whoever_gave_it() -> None:
    assert outcome(status=500, error="internal_error", attempts=(attempt("internal_error"),)).error
    assert outcome(deployment=None, status=500, error="internal_error", attempts=()).error


def test_a_caller_who_left_after_it_failed_does_not_excuse_it() -> None:
    found = outcome(status=499, error="caller_left", attempts=(attempt("upstream_500"), attempt("caller_left", "old")))
    assert found.error


def test_what_the_gateway_refused_itself_does_not_count() -> None:
    assert outcome(deployment=None, status=400, error="invalid_field", attempts=()) is None
    assert outcome(deployment=None, status=404, error="not_spoken", attempts=()) is None


def test_a_4xx_of_the_upstream_counts_for_whoever_said_it() -> None:
    assert outcome(status=400, error="upstream_400", attempts=(attempt("upstream_400", status=400),)).error


@pytest.mark.parametrize("reason", ["content_filter", "refusal", "SAFETY", "guardrail_intervened"])
def test_refusals_are_no_errors(reason: str) -> None:
    found = outcome(finish_reason=reason)
    assert (found.error, found.refusal) == (False, True)


def test_a_refusal_that_another_deployment_answered() -> None:
    found = outcome(deployment="old", attempts=(attempt(None, "new", 200), attempt(None, "old", 200)))
    assert (found.error, found.refusal, found.elsewhere, found.ttfb_ms) == (False, True, True, None)


def test_what_is_not_known_is_none() -> None:
    found = outcome(usage=Usage(input_tokens=3))
    assert (found.cost_usd, found.tokens) == (None, None)
    assert outcome_of(record(0, "i", deployment="third"), "third", PRICES).cost_usd is None  # type: ignore[union-attr]
