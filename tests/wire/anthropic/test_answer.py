"""What the record keeps of an answer that passes as it is."""

from __future__ import annotations

import json

import pytest

from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.answer import Facts
from ajar.wire.anthropic.answer_read import read_answer
from recordings import Exchange, exchanges


def facts_of(data: bytes) -> Facts:
    facts = Facts()
    facts.update(data)
    return facts


def test_a_whole_answer() -> None:
    facts = facts_of(
        b'{"model":"m-1","content":[],"stop_reason":"max_tokens",'
        b'"usage":{"input_tokens":2,"cache_read_input_tokens":3,"output_tokens":4}}'
    )
    assert (facts.model, facts.finish_reason, facts.failed) == ("m-1", "max_tokens", False)
    assert facts.counts() == Usage(5, 4, 3)
    assert facts.raw() == '{"input_tokens":2,"cache_read_input_tokens":3,"output_tokens":4}'


def test_absent_and_odd_facts_stay_none() -> None:
    for body in (b"{}", b'{"model":7}', b'{"usage":null,"stop_reason":null}'):
        facts = facts_of(body)
        assert (facts.model, facts.finish_reason, facts.counts(), facts.raw()) == (None, None, None, None)


@pytest.mark.parametrize("body", [b"", b"{", b'{"model":"\xff"}', b'{"x":' + b"[" * 5000])
def test_no_json_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        facts_of(body)


@pytest.mark.parametrize("body", [b'{"type":"error","error":{"type":"api_error"}}', b'{"error":{"message":"x"}}'])
def test_an_error_is_noticed(body: bytes) -> None:
    assert facts_of(body).failed
    assert not facts_of(b'{"error":null}').failed


def test_the_tail_of_a_large_answer() -> None:
    answer = {
        "model": "m-1",
        "content": [{"type": "tool_use", "input": {"stop_reason": "not this one"}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 2, "output_tokens": 4, "iterations": [{"input_tokens": 1}, {"x": []}]},
    }
    facts = Facts()
    facts.update_from_tail(json.dumps(answer).encode()[-150:])
    assert (facts.finish_reason, facts.counts()) == ("tool_use", Usage(2, 4))
    facts.update_from_tail(b'"stop_reason": broken')
    facts.update_from_tail(b"nothing")
    assert facts.finish_reason == "tool_use"


@exchanges("anthropic", r"/v1/messages\?", lambda each: each.status == 200 and not each.streamed)
def test_recorded_answers_give_the_same_facts_on_both_paths(exchange: Exchange) -> None:
    facts, answer = facts_of(exchange.answer), read_answer(exchange.answer)
    assert (facts.model, facts.finish_reason, facts.counts()) == (answer.model, answer.finish.native, answer.usage)
    tail = Facts()
    tail.update_from_tail(exchange.answer[-2000:])
    if b'"stop_reason"' in exchange.answer[-2000:] and b'"usage"' in exchange.answer[-2000:]:
        assert tail.finish_reason == facts.finish_reason
