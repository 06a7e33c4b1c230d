"""The error tree: what callers and operators rely on in it."""

from __future__ import annotations

import pytest

import ajar.errors as errors
from ajar.errors import AjarError, UpstreamError, UpstreamTimeout

KINDS = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, AjarError)]
NOTHING_SENT = {"ConnectFailed", "ConnectTimeout", "NoCredentials"}


def test_no_two_errors_have_the_same_code() -> None:
    own = [kind.code for kind in KINDS if "code" in vars(kind)]
    assert len(set(own)) == len(own)


@pytest.mark.parametrize("kind", KINDS)
def test_a_status_is_one_of_failure(kind: type[AjarError]) -> None:
    assert 400 <= kind.status < 600


def test_only_before_a_request_is_out_is_nothing_sent() -> None:
    assert {kind.__name__ for kind in KINDS if issubclass(kind, UpstreamError) and not kind.sent} == NOTHING_SENT


def test_each_time_limit_after_the_connection_has_an_error_of_its_own() -> None:
    kinds = [kind for kind in KINDS if issubclass(kind, UpstreamTimeout) and kind is not UpstreamTimeout]
    assert {(kind.status, kind.code) for kind in kinds} == {
        (504, "upstream_first_byte_timeout"),
        (504, "upstream_budget_timeout"),
        (504, "upstream_gap_timeout"),
        (504, "upstream_total_timeout"),
    }
