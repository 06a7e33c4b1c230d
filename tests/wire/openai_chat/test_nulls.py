"""The nulls of a whole answer: put in where they are absent, and not a byte changed beside them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.wire.openai_chat.nulls import with_nulls

if TYPE_CHECKING:
    from collections.abc import Callable

PUT_IN = re.compile(rb',"(?:logprobs|refusal)":null(?=\})')

LLAMA = (
    b'{"choices":[{"finish_reason":"stop","index":0,'
    b'"message":{"role":"assistant","content":"{\\"order_id\\": null}"}}],'
    b'"created":1795263638,"model":"m","system_fingerprint":"b0-unknown","object":"chat.completion",'
    b'"usage":{"completion_tokens":8,"prompt_tokens":3,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":0}},'
    b'"id":"chatcmpl-1","timings":{"cache_n":0,"prompt_ms":2.8270,"prompt_per_token_ms":0.9423333333333334}}'
)
"""An answer as llama.cpp gives it (b0-unknown of xllamacpp, 2026-11-21)."""


def test_an_answer_of_llama_cpp_gets_both_nulls_and_nothing_else(valid_answer: Callable[[bytes], Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid_answer(LLAMA)
    body = with_nulls(LLAMA)
    assert body == LLAMA.replace(b'null}"}}],', b'null}","refusal":null},"logprobs":null}],')
    valid_answer(body)


def test_log_probabilities_have_a_refusal_too(valid_answer: Callable[[bytes], Any]) -> None:
    token = b'{"id":5,"token":"a","bytes":[97],"logprob":0.0,"top_logprobs":[]}'
    told = LLAMA.replace(b'}"}}],', b'}"},"logprobs":{"content":[%b]}}],' % token)
    body = with_nulls(told)
    assert body == told.replace(b'}"},', b'}","refusal":null},').replace(b"[]}]}}],", b'[]}],"refusal":null}}],')
    valid_answer(body)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            b' { "choices" : [ { "message" : { "role" : "a" } , "index" : 0 } , {"message":{"refusal":"no"}} ] } \n',
            b' { "choices" : [ { "message" : { "role" : "a" ,"refusal":null} , "index" : 0 ,"logprobs":null} ,'
            b' {"message":{"refusal":"no"},"logprobs":null} ] } \n',
        ),
        (
            b'{"choices":[{"message":{},"logprobs":null},{"message":{ },"logprobs":{}}]}',
            b'{"choices":[{"message":{"refusal":null},"logprobs":null},'
            b'{"message":{ "refusal":null},"logprobs":{"refusal":null}}]}',
        ),
        (
            b'{"x":{"choices":[{"message":{"a":1}}]},"choices":[{"x":{"a":1},"message":{"a":1}}]}',
            b'{"x":{"choices":[{"message":{"a":1}}]},"choices":[{"x":{"a":1},"message":{"a":1,"refusal":null},'
            b'"logprobs":null}]}',
        ),
    ],
    ids=["spaced", "empty objects", "namesakes"],
)
def test_odd_answers(body: bytes, wanted: bytes) -> None:
    assert with_nulls(body) == wanted


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b'{"choices":[{"message":{"a":1}}]',
        b"[]",
        b"{}",
        b'{"choices":null}',
        b'{"choices":{"message":{}}}',
        b'{"choices":[]}',
        b'{"choices":[{"message":{}},null]}',
        b'{"choices":[{"message":{}},{"text":"of a completion"}]}',
        b'{"choices":[{"message":null}]}',
        b'{"choices":[{"message":"a"}]}',
        b'{"choices":[{"message":{},"logprobs":[]}]}',
        b'{"choices":[{"message":{}}],"choices":[{"message":{}}]}',
        b'{"choices":[{"message":{},"message":{}}]}',
        b'{"choices":[{"message":{"role":"a","role":"b"}}]}',
        b'{"choices":[{"message":{"refusal":null},"logprobs":null}]}',
        b'{"choices":[{"message":{"\xff":1}}]}',
        b'{"object":"list","data":[{"embedding":[0.1]}]}',
        b'{"choices":[{"message":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}]}",
    ],
)
def test_what_is_no_such_answer_or_has_both_already_stays_as_it_is(body: bytes) -> None:
    assert with_nulls(body) == body


_text = st.text() | st.sampled_from(
    ['{"message":{}}', '"choices":[{"message":{"a":1}}]', '}],"choices":[', '\\"}', '"logprobs":null}', "é\u2028"]
)
_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)


_rest = st.dictionaries(_text, _value, max_size=3)
_message = st.builds(lambda rest, content: {**rest, "content": content}, _rest, _text)
_choice = st.builds(lambda rest, message, more: {**rest, "message": message, **more}, _rest, _message, _rest)
_choices = st.lists(_choice, min_size=1, max_size=3)
_answers = st.builds(lambda rest, choices, more: {**rest, "choices": choices, **more}, _rest, _choices, _rest)


@given(_answers, st.text(alphabet=" \t\r\n", max_size=2), st.booleans())
def test_any_answer_gets_them_and_keeps_every_other_byte(value: dict[str, Any], space: str, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(f"{space},{space}", f"{space}:{space}"))
    body = text.encode(errors="surrogatepass")
    found = with_nulls(body)
    assert PUT_IN.sub(b"", found) == body
    if b"\\ud" not in body and b"\xed" not in body:  # a lone surrogate is no text
        wanted = json.loads(body)
        for choice in wanted["choices"]:
            choice.setdefault("logprobs", None)
            choice["message"].setdefault("refusal", None)
        assert json.loads(found) == wanted
