"""Whose fault an outcome is."""

from __future__ import annotations

import pytest

import ajar.errors as errors
from ajar.errors import UpstreamError, UpstreamRefused, UpstreamTimeout
from ajar.gateway.outcome import well


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (200, None, True),
        (400, "upstream_400", True),
        (404, "upstream_404", True),
        (422, "upstream_422", True),
        (401, "upstream_401", False),
        (429, "upstream_429", False),
        (500, "upstream_500", False),
        (529, "upstream_529", False),
        (None, "upstream_total_timeout", None),
        (None, "caller_left", None),
        (None, "drained", None),
        (200, "cannot_carry", True),
    ],
)
def test_an_outcome(status: int | None, error: str | None, expected: bool | None) -> None:
    assert well(status, error) is expected


def test_every_failure_of_a_deployment_is_judged() -> None:
    """A new kind of error must be put where it belongs: here it would pass for a success."""
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, UpstreamError)]
    judged = {kind.code: well(None, kind.code) for kind in kinds if kind not in (UpstreamError, UpstreamRefused)}
    judged.pop(UpstreamTimeout.code)
    assert judged.pop("upstream_total_timeout") is None
    assert judged.pop("upstream_budget_timeout") is None
    assert set(judged.values()) == {False}
