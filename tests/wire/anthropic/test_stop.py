"""Reasons for the end, there and back."""

from __future__ import annotations

import pytest

from ajar.domain.dialog.answer import Finish
from ajar.wire.anthropic.stop import finish_of, stop_reason_of

NATIVE = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "pause",
    "compaction": "stop",
    "something_new": "stop",
}


@pytest.mark.parametrize(("native", "reason"), NATIVE.items())
def test_each_word_has_its_reason_and_comes_back(native: str, reason: str) -> None:
    finish = finish_of(native, "END" if native == "stop_sequence" else None, {}, calls=False)
    assert (finish.reason, finish.native) == (reason, native)
    assert stop_reason_of(finish, own=True) == native


def test_calls_make_it_a_tool_call() -> None:
    assert finish_of("end_turn", None, {}, calls=True).reason == "tool_calls"
    assert finish_of("max_tokens", None, {}, calls=True).reason == "length"
    assert stop_reason_of(Finish("stop", "stop"), calls=True) == "tool_use"


WRITTEN = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "pause": "pause_turn",
}


@pytest.mark.parametrize(("reason", "native"), WRITTEN.items())
def test_every_reason_has_a_word(reason: str, native: str) -> None:
    assert stop_reason_of(Finish(reason)) == native  # type: ignore[arg-type]


def test_the_words_of_others_do_not_get_through() -> None:
    assert stop_reason_of(Finish("length", "MAX_TOKENS")) == "max_tokens"
    assert stop_reason_of(Finish("stop", "stop")) == "end_turn"
    assert stop_reason_of(Finish("stop"), refused=True) == "refusal"
    assert stop_reason_of(Finish("length", "model_context_window_exceeded")) == "model_context_window_exceeded"
