"""The facts of a whole answer, for the record."""

from __future__ import annotations

import json

import pytest

from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.answer import Facts

ANSWER = {
    "id": "r",
    "model": "m",
    "status": "completed",
    "error": None,
    "output": [],
    "tools": [],
    "usage": {"input_tokens": 1},
    "metadata": {},
}


def facts_of(**fields: object) -> Facts:
    facts = Facts()
    facts.update(json.dumps({**ANSWER, **fields}).encode())
    return facts


def test_the_facts() -> None:
    facts = facts_of()
    assert (facts.model, facts.finish_reason, facts.failed) == ("m", "completed", False)
    assert facts.raw() == '{"input_tokens": 1}'
    assert facts.counts() == Usage(1)


def test_an_incomplete_answer_says_why() -> None:
    facts = facts_of(status="incomplete", incomplete_details={"reason": "content_filter"})
    assert facts.finish_reason == "content_filter"


def test_a_failed_answer() -> None:
    facts = facts_of(status="failed", error={"code": "server_error"}, usage=None)
    assert (facts.failed, facts.raw(), facts.counts()) == (True, None, None)


def test_the_end_of_a_large_answer() -> None:
    facts = Facts()
    facts.update_from_tail(json.dumps(ANSWER).encode()[-60:])
    assert bytes(facts.usage or b"") == b'{"input_tokens": 1}'
    facts.update_from_tail(b"nothing")


def test_unexpected_types_are_nothing() -> None:
    assert facts_of(status=3).finish_reason is None


def test_what_is_not_json() -> None:
    with pytest.raises(UpstreamGarbage):
        Facts().update(b"<html>")
