from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.model import Price
from ajar.errors import ConfigError
from ajar.evals.answer import Answer
from ajar.evals.run.ask import Asker
from ajar.evals.run.miss import Miss
from ajar.upstream.client import Client
from evals.run.chat import Chat, Said, completion, error, honest
from evals.run.small import target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evals.run.chat import Asked

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        yield server


def ask(url: str, body: dict[str, Any] | None = None, timeout_s: float = 5, **fields: Any) -> Answer | Miss:
    async def run() -> Answer | Miss:
        client = Client()
        asker = Asker(client, target(url, **fields), "eval", timeout_s)
        try:
            return await asker.ask(asker.encode(body or BODY))
        finally:
            await client.close()

    return asyncio.run(run())


def missed(chat: Chat, script: Callable[[Asked], Said], **options: Any) -> Miss:
    chat.script = script
    said = ask(chat.url, **options)
    assert isinstance(said, Miss)
    return said


def test_an_answer_comes_with_what_headers_prices_and_the_clock_say(chat: Chat) -> None:
    def script(asked: Asked) -> Said:
        return Said(
            body=completion("yes", tokens=10),
            headers={"x-ajar-deployment": "gpt", "x-ajar-inference": "id-1"},
            delay_s=0.05,
        )

    chat.script = script
    said = ask(chat.url, prices={"gpt": Price(input=1, output=2)})
    assert isinstance(said, Answer)
    assert (said.text, said.deployment, said.inference) == ("yes", "gpt", "id-1")
    assert said.cost_usd == pytest.approx(14e-6)
    assert 45 < said.latency_ms < 2000


def test_the_request_is_an_evaluations_for_the_targets_model(chat: Chat) -> None:
    ask(chat.url, {**BODY, "temperature": 0, "stream": True, "stream_options": {}}, model='a "b"', key="sk-1")
    (asked,) = chat.seen
    assert asked.body == {"model": 'a "b"', **BODY, "temperature": 0}
    assert asked.head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert asked.header("authorization") == "Bearer sk-1"
    assert asked.header("x-ajar-purpose") == "eval"
    assert asked.header("host") == f"127.0.0.1:{chat.port}"


def test_without_a_key_or_a_model_neither_is_sent(chat: Chat) -> None:
    ask(chat.url, model="")
    assert chat.seen[0].header("authorization") is None
    assert chat.seen[0].body == BODY


def test_what_takes_too_long_is_a_timeout_and_load(chat: Chat) -> None:
    found = missed(chat, lambda asked: Said(body=b"{}", delay_s=5), timeout_s=0.1)
    assert (found.failure.code, found.again, found.load) == ("timeout", True, "overload")
    assert "within 0.1 s" in found.failure.message


def test_no_connection_may_be_one_later() -> None:
    with Chat() as chat:
        url = chat.url
    found = ask(url)
    assert isinstance(found, Miss)
    assert (found.failure.code, found.again, found.load) == ("connect_failed", True, "unreachable")


@pytest.mark.parametrize("cut", [0, 1, 100])
def test_a_body_that_is_cut_may_come_whole_later(chat: Chat, cut: int) -> None:
    found = missed(chat, lambda asked: Said(body=completion("yes"), cut=cut))
    assert (found.failure.code, found.again) == ("closed", True)


def test_what_is_no_answer_is_told_from_no_connection(chat: Chat) -> None:
    found = missed(chat, lambda asked: Said(body=b"<html>welcome</html>"))
    assert (found.failure.code, found.again) == ("bad_answer", False)


def test_a_refusal_keeps_its_status_and_words_but_never_the_key(chat: Chat) -> None:
    found = missed(chat, lambda asked: error(401, "wrong key: sk-hidden"), key="sk-hidden")
    assert (found.failure.code, found.failure.status) == ("upstream_401", 401)
    assert found.failure.message == "wrong key: …"


@pytest.mark.parametrize("status", [401, 500])
def test_no_part_of_the_key_is_left_where_a_message_is_cut(chat: Chat, status: int) -> None:
    found = missed(chat, lambda asked: error(status, "x" * 490 + " sk-hidden-for-good"), key="sk-hidden-for-good")
    assert "sk-h" not in found.failure.message


@pytest.mark.parametrize("key", ["sk x", "a\r\nx-evil: 1", "é", "\x00"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ConfigError, match=r"^model: its key holds") as caught:
        ask("http://127.0.0.1:9/v1", key=key)
    assert key not in str(caught.value)


def test_large_bodies_go_both_ways(chat: Chat) -> None:
    long = "long " * 100_000
    chat.script = lambda asked: Said(body=completion(asked.text))
    said = ask(chat.url, {"messages": [{"role": "user", "content": long}]})
    assert isinstance(said, Answer)
    assert said.text == long
    chat.script = honest
    assert json.loads(chat.seen[0].raw)["messages"][0]["content"] == long
