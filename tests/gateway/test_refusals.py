"""What a deployment declines on grounds of safety: an answer, unless the route says to ask on."""

from __future__ import annotations

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
