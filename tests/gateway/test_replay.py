"""Real answers through the running gateway, to every front: what was recorded is what the caller gets."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from doubles.service import Service
from doubles.upstream import Reply, Upstream
from gateway.formats import BACKS, FRONTS, config
from gateway.joined import events, joined
from gateway.judges import *  # noqa: F403 - fixtures
from gateway.replayed import cases
from gateway.said import Said, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doubles.service import Result
    from recordings import Exchange

PATHS = {"openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses", "anthropic": "/v1/messages"}
ASKED: dict[str, dict[str, Any]] = {
    "openai-chat": {"messages": [{"role": "user", "content": "hi"}]},
    "openai-responses": {"input": "hi"},
    "anthropic": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4096},
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRIPT_KEY", "secret")
        running = Service(config(upstream.url.removesuffix("/v1")), tmp_path_factory.mktemp("replay"))
    yield running
    running.stop()


def play(exchange: Exchange) -> Reply:
    """The recorded answer, in pieces that are cut anywhere."""
    chance = random.Random(exchange.name)
    body = exchange.answer
    cuts = sorted(chance.sample(range(1, len(body)), min(20, len(body) - 1))) if exchange.streamed else []
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    head = f"HTTP/1.1 {exchange.status} X\r\ncontent-type: {exchange.headers['content-type']}\r\n"
    head += "transfer-encoding: chunked\r\n\r\n"
    return Reply([head.encode(), *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"])


def last_record(service: Service) -> dict[str, Any]:
    """The newest record, without reading all of them."""
    segment = max((service.state / "journal").iterdir())
    with segment.open("rb") as file:
        file.seek(max(0, segment.stat().st_size - 65536))
        return json.loads(file.read().splitlines()[-1][9:])


@pytest.mark.parametrize(("back", "exchange"), cases(BACKS))
@pytest.mark.parametrize("front", FRONTS)
def test_a_recorded_answer(
    service: Service,
    upstream: Upstream,
    answers: Callable[[str, bytes, bool], Any],
    front: str,
    back: str,
    exchange: Exchange,
) -> None:
    upstream.default = play(exchange)
    body: dict[str, Any] = {"model": back, "stream": exchange.streamed, **ASKED[front]}
    if front == "openai-chat" and exchange.streamed:
        body["stream_options"] = {"include_usage": True}
    result = service.request("POST", PATHS[front], body)
    record = last_record(service)
    if front == back:
        assert (result.status, result.body) == (exchange.status, exchange.answer)
    refused = refusal(back, exchange)
    if refused is not None:
        assert refused in result.body.decode()
        assert front == back or result.status == (exchange.status if refused else 502)
        return
    if front != back and is_to_come(back, exchange):
        assert (result.status, record["error"]) == (502, "upstream_502"), "no other format can say: later"
        return
    assert (result.status, record["status"], record.get("error")) == (200, 200, None), result.body
    if front != back:
        answers(front, result.body, exchange.streamed)
    check(front, back, exchange, result, record)


def is_to_come(back: str, exchange: Exchange) -> bool:
    """Whether the answer says only that there will be one: Responses in the background."""
    if back != "openai-responses" or exchange.streamed:
        return False
    return json.loads(exchange.answer).get("status") in ("queued", "in_progress")


def refusal(back: str, exchange: Exchange) -> str | None:
    """The message of a recorded error, whatever its place; "" for what is no answer at all, None for an answer."""
    if exchange.streamed:
        found = [] if back == "bedrock" else [event["error"] for event in events(exchange.answer) if event.get("error")]
        return found[0]["message"] if found else None
    value = json.loads(exchange.answer)
    if exchange.status >= 400:
        return value.get("error", value)["message"]
    return None if {"choices", "output", "content", "candidates", "promptFeedback"} & value.keys() else ""


def check(front: str, back: str, exchange: Exchange, result: Result, record: dict[str, Any]) -> None:
    """Compare what was said with what was recorded, and the record with the provider's own counts."""
    played = answered(back, exchange.answer, exchange.streamed)
    assert record.get("usage", {}) == played.usage
    if front == back:
        return
    got = answered(front, result.body, exchange.streamed)
    assert got.text == played.text
    assert [call[1:] for call in got.calls] == [call[1:] for call in played.calls]
    ids = [call[0] for call in got.calls]
    assert all(made == (given or made) for made, (given, *_) in zip(ids, played.calls, strict=True))
    assert len(set(ids)) == len(ids)
    assert got.reason == played.reason
    cached = played.usage.get("cache_read_input_tokens", 0) + played.usage.get("cache_write_input_tokens", 0)
    if cached <= played.usage.get("input_tokens", 0):  # OpenRouter once counted tokens as read and written at once
        assert {name: played.usage.get(name, 0) for name in got.usage} == got.usage
    if {"input_tokens", "output_tokens"} <= played.usage.keys():  # where one is missing, Responses have no block
        assert {"input_tokens", "output_tokens"} <= got.usage.keys()


def answered(speech: str, body: bytes, streamed: bool) -> Said:
    """What an answer says, whole or streamed."""
    return said(speech, joined(speech, body) if streamed else json.loads(body))
