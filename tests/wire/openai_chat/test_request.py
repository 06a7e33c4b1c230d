"""A caller's request: what is read, and that forwarding changes nothing but what it must."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.errors import InvalidField
from ajar.wire.openai_chat.request import Operation, Request

CHAT = b'{"messages":[{"role":"user","content":"hi"}],  "model":"support-triage" ,"x_unknown":{"a":[1.50,1e3]}}'


def test_the_model_is_spliced_in_place_and_every_other_byte_stays() -> None:
    out = Request(CHAT, "chat").outgoing(b'"ajar-triage-v2"', meter=True)
    assert out == CHAT.replace(b'"support-triage"', b'"ajar-triage-v2"')


def test_a_stream_is_metered_by_one_inserted_field() -> None:
    body = CHAT.replace(b"{", b'{"stream":true,', 1)
    out = Request(body, "chat").outgoing(b'"m"', meter=True)
    inserted = b'"stream_options":{"include_usage":true},'
    assert out == b"{" + inserted + body[1:].replace(b'"support-triage"', b'"m"')


def test_without_metering_nothing_is_inserted() -> None:
    body = CHAT.replace(b"{", b'{"stream":true,', 1)
    assert b"include_usage" not in Request(body, "chat").outgoing(b'"m"', meter=False)


@pytest.mark.parametrize("given_options", ["null", '{"include_usage":false}', '{"other":1}', "{}"])
def test_given_stream_options_are_completed(given_options: str) -> None:
    body = f'{{"model":"r","stream":true,"messages":[],"stream_options":{given_options}}}'.encode()
    options = json.loads(Request(body, "chat").outgoing(b'"m"', meter=True))["stream_options"]
    assert options == {**(json.loads(given_options) or {}), "include_usage": True}


def test_a_caller_who_asks_for_usage_gets_the_bytes_as_they_are() -> None:
    body = b'{"model":"r","stream":true,"messages":[],"stream_options":{"include_usage":true}}'
    request = Request(body, "chat")
    assert not request.meterable
    assert request.outgoing(b'"r"', meter=True) == body


@pytest.mark.parametrize(
    ("body", "operation", "param"),
    [
        (b'{"messages":[]}', "chat", "model"),
        (b'{"model":null,"messages":[]}', "chat", "model"),
        (b'{"model":"","messages":[]}', "chat", "model"),
        (b'{"model":["a"],"messages":[]}', "chat", "model"),
        (b'{"model":"r"}', "chat", "messages"),
        (b'{"model":"r","messages":"hi"}', "chat", "messages"),
        (b'{"model":"r","messages":null}', "chat", "messages"),
        (b'{"model":"r","messages":[],"stream":"yes"}', "chat", "stream"),
        (b'{"model":"r","messages":[],"stream":1}', "chat", "stream"),
        (b'{"model":"r","messages":[],"stream":true,"stream_options":[]}', "chat", "stream_options"),
        (b'{"model":"r"}', "embeddings", "input"),
        (b'{"model":"r","input":{}}', "embeddings", "input"),
    ],
)
def test_a_missing_or_mistyped_field_is_named(body: bytes, operation: Operation, param: str) -> None:
    with pytest.raises(InvalidField) as caught:
        Request(body, operation)
    assert caught.value.param == param


@pytest.mark.parametrize("value", ['"one"', '["one","two"]', "[[1,2]]"])
def test_embeddings_take_a_string_or_a_list(value: str) -> None:
    request = Request(f'{{"model":"r","input":{value}}}'.encode(), "embeddings")
    assert request.model == "r"
    assert not request.stream


extra = st.dictionaries(
    st.text(st.characters(codec="ascii", exclude_characters='"\\'), min_size=1).filter(
        lambda key: key.casefold() not in {"model", "stream", "stream_options", "messages", "input", "user"}
    ),
    st.integers() | st.text(st.characters(codec="utf-8")) | st.lists(st.booleans()) | st.none(),
    max_size=4,
)


@given(extra, extra, st.booleans(), st.booleans())
def test_unknown_fields_survive_byte_for_byte(
    before: dict[str, object], after: dict[str, object], stream: bool, meter: bool
) -> None:
    fields = {**before, "model": "route-name-here", **after, "messages": [], "stream": stream}
    body = json.dumps(fields, ensure_ascii=False, indent=1).encode()
    out = Request(body, "chat").outgoing(b'"m"', meter=meter)
    out = out.replace(b'"stream_options":{"include_usage":true},', b"", 1)
    assert out == body.replace(b'"route-name-here"', b'"m"')
