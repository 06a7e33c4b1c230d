"""What a deployment declines on grounds of safety: an answer, unless the route says to ask on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import DONE, Reply, Upstream, answer, chunk, completion, stream
from gateway.conftest import config

if TYPE_CHECKING:
    from collections.abc import Callable

    from doubles.service import Service

FILTERED = {"index": 0, "message": {"role": "assistant", "content": None}, "finish_reason": "content_filter"}
ERROR = {"error": {"message": "filtered", "type": None, "param": "prompt", "code": "content_filter"}}
REFUSALS: dict[str, tuple[Reply, bool]] = {
    "finish": (answer(completion(choices=[FILTERED])), False),
    "error": (answer(ERROR, status=400), False),
    "streamed error": (answer(ERROR, status=400), True),
    "stream": (stream([chunk("", "content_filter"), DONE]), True),
}


@pytest.fixture(params=REFUSALS)
def refusal(request: Any, upstream: Upstream, second: Upstream) -> bool:
    """The first deployment declines, the second would not. Whether streams are asked for."""
    upstream.default, streamed = REFUSALS[request.param]
    if streamed:
        second.default = stream([chunk("lax", "stop"), DONE])
    return streamed


def test_a_refusal_is_an_answer(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, refusal: bool
) -> None:
    result = serve(config(upstream, second)).chat(stream=refusal)
    assert b"content_filter" in result.body
    assert not second.seen


def test_a_route_can_say_to_ask_on(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, refusal: bool
) -> None:
    service = serve(config(upstream, second, refusals="fallback"))
    result = service.chat(stream=refusal)
    assert (result.status, result.headers["x-ajar-deployment"]) == (200, "b")
    assert b"content_filter" not in result.body
    assert [attempt["deployment"] for attempt in service.records()[0]["attempts"]] == ["a", "b"]


def test_where_nobody_else_answers_the_refusal_stands(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream, refusal: bool
) -> None:
    both = config(upstream, second, refusals="fallback")
    second.default = upstream.default
    result = serve(both).chat(stream=refusal)
    assert b"content_filter" in result.body
    assert len(second.seen) == 1


def test_what_is_no_refusal_is_not_asked_again(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    service = serve(config(upstream, second, refusals="fallback"))
    assert service.chat().headers["x-ajar-deployment"] == "a"
    upstream.default = stream([chunk("a"), chunk("b", "content_filter"), DONE], pause=0.1)
    assert service.chat(stream=True).headers["x-ajar-deployment"] == "a", "it came after content"
    assert not second.seen


def test_a_stream_that_declines_keeps_its_place_until_it_is_over(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    """Else more would run there than may, and a cut would be told as a refusal."""
    declines = [chunk("", "content_filter"), *([b": more\n\n"] * 8), DONE]
    upstream.default = stream(declines, pause=0.1)
    second.default = answer(completion(), 503)
    one = config(upstream, second, refusals="fallback")
    one["deployments"]["a"]["max_concurrent"] = 1
    service = serve(one)
    with ThreadPoolExecutor(4) as callers:
        heard = list(callers.map(lambda _: service.chat(stream=True).body, range(4)))
    assert all(body == b"".join(declines) for body in heard)
    ran = [
        (record["time"] / 1000 + attempt["start_ms"], attempt["total_ms"])
        for record in service.records()
        for attempt in record["attempts"]
        if attempt["deployment"] == "a"
    ]
    assert len(ran) == 4
    assert all(took >= 700 for _, took in ran)
    ran.sort()
    assert all(start + took <= following + 20 for (start, took), (following, _) in pairwise(ran))


def test_a_stream_that_declines_and_breaks_off_is_no_refusal(
    serve: Callable[..., Service], upstream: Upstream, second: Upstream
) -> None:
    upstream.default = stream([chunk("", "content_filter"), b": more\n\n"], cut=True)
    second.default = stream([chunk("lax", "stop"), DONE])
    service = serve(config(upstream, second, refusals="fallback", repeat="always"))
    assert b"lax" in service.chat(stream=True).body
    (record,) = service.records()
    assert [attempt.get("error") for attempt in record["attempts"]] == ["upstream_closed", None]
