"""How long to wait before a refused request is sent again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.upstream.backoff import MOST_TOLD_S, pause


@pytest.mark.parametrize(
    ("repeats", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 8.0), (100, 8.0), (10**9, 8.0)]
)
def test_it_doubles_up_to_eight_seconds(repeats: int, seconds: float) -> None:
    assert pause(repeats, None, 0.0) == seconds


def test_up_to_a_quarter_is_left_out_by_chance() -> None:
    assert pause(1, None, 0.5) == 0.4375
    assert pause(5, None, 1.0) == 6.0


def test_it_is_at_least_what_the_upstream_asked_for() -> None:
    assert pause(1, 20.0, 0.9) == 20.0
    assert pause(1, 0.0, 0.0) == 0.5
    assert pause(4, 1.5, 0.0) == 4.0


@given(st.integers(1, 10**6), st.none() | st.floats(0, MOST_TOLD_S), st.floats(0, 1, exclude_max=True))
def test_it_is_never_shorter_than_told_nor_longer_than_it_may_be(
    repeats: int, told: float | None, drawn: float
) -> None:
    seconds = pause(repeats, told, drawn)
    assert max(0.375, told or 0) <= seconds <= max(8.0, told or 0)


@pytest.mark.parametrize("repeats", range(1, 6))
def test_it_is_the_pause_of_openais_own_client(repeats: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from openai import OpenAI, _base_client
    from openai._models import FinalRequestOptions

    monkeypatch.setattr(_base_client, "random", lambda: 0.25)
    options = FinalRequestOptions(method="post", url="/", max_retries=9)
    with OpenAI(api_key="k") as client:
        theirs = client._calculate_retry_timeout(9 - (repeats - 1), options)
    assert pause(repeats, None, 0.25) == theirs
