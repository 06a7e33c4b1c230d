from __future__ import annotations

import json

import pytest

from ajar.evals.run.miss import Miss, refused


def miss(status: int, body: object = None, **headers: str) -> Miss:
    named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return refused(status, named.get, json.dumps(body).encode())


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 520, 529])
def test_what_may_pass_is_repeated(status: int) -> None:
    assert miss(status).again
    assert not miss(status, x_should_retry="false").again


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 413, 422])
def test_what_another_try_cannot_mend_is_not(status: int) -> None:
    assert not miss(status).again


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_not_even_where_the_target_says_so(status: int) -> None:
    assert not miss(status, x_should_retry="true").again


def test_a_used_up_quota_is_not_waited_for() -> None:
    assert not miss(429, {"error": {"message": "", "code": "insufficient_quota"}}).again


@pytest.mark.parametrize(("status", "load"), [(429, "overload"), (503, "overload"), (529, "overload"), (500, "none")])
def test_load_is_told_from_other_faults(status: int, load: str) -> None:
    assert miss(status).load == load


def test_how_long_to_wait_is_taken_from_headers_or_body() -> None:
    assert miss(429, retry_after="7").told == 7
    assert miss(429, {"error": {"details": [{"retryDelay": "3.5s"}]}}).told == 3.5
    assert miss(429).told is None


def test_the_failure_says_what_the_target_said() -> None:
    failure = miss(500, {"error": {"message": "out of\n  memory"}}).failure
    assert (failure.code, failure.status, failure.message) == ("upstream_500", 500, "out of memory")
    assert len(miss(500, {"error": {"message": "long " * 999}}).failure.message) == 500
    assert refused(502, {}.get, b"<html>Bad Gateway\xff</html>").failure.message == "<html>Bad Gateway�</html>"


def test_a_redirection_is_told_not_followed() -> None:
    assert "https://new.example/v1" in miss(308, location="https://new.example/v1").failure.message


def test_an_unknown_model_is_told_from_an_unknown_path() -> None:
    assert miss(404, {"error": {"message": "", "code": "model_not_found"}}).unknown_model
    assert not miss(404, {"detail": "Not Found"}).unknown_model
