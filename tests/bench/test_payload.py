from __future__ import annotations

import json

import pytest

import payload


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_has_its_size_and_names_its_pace(stream: bool) -> None:
    body = payload.request_body("bench-9999", stream, pace_ms=1000, events=7)
    assert len(body) == payload.SIZE
    assert json.loads(body)["messages"][1]["content"].startswith("[pace=1000 events=7] ")
    assert json.loads(body).get("stream", False) is stream


def test_an_answer_has_its_size() -> None:
    assert len(payload.answer_body()) == payload.SIZE
    assert payload.answer_text() in payload.answer_body()


def test_every_event_has_its_size_and_its_role_in_the_stream() -> None:
    events = [payload.event(index, payload.EVENTS, with_usage=False) for index in range(payload.EVENTS)]
    assert {len(each) for each in events} == {payload.EVENT}
    choices = [json.loads(each[len("data: ") :])["choices"][0] for each in events]
    assert choices[0]["delta"] == {"role": "assistant"}
    assert all(each["delta"]["content"] for each in choices[1:-1])
    assert [each["finish_reason"] for each in choices[-2:]] == [None, "stop"]


def test_usage_adds_a_null_to_each_event_as_openai_does() -> None:
    plain, with_usage = (payload.event(5, payload.EVENTS, with_usage) for with_usage in (False, True))
    assert with_usage == plain.replace(b"}\n\n", b',"usage":null}\n\n')
    assert json.loads(payload.usage_event()[len("data: ") :])["usage"]["total_tokens"]
