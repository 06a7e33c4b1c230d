"""Why an answer ended."""

from __future__ import annotations

import warnings

import pytest

from ajar.domain.dialog.answer import Finish, FinishReason
from ajar.wire.gemini.stop import blocked, finish_of, finish_reason_of

CASES: list[tuple[str, FinishReason]] = [
    ("STOP", "stop"),
    ("MAX_TOKENS", "length"),
    ("CONTINUATION", "length"),
    *(
        (name, "content_filter")
        for name in [
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "OTHER",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "IMAGE_OTHER",
            "NO_IMAGE",
            "MODEL_ARMOR",
            "ESCALATION",
            "PUP_LIMITED_DISABLED",
        ]
    ),
    *(
        (name, "error")
        for name in [
            "MALFORMED_FUNCTION_CALL",
            "UNEXPECTED_TOOL_CALL",
            "TOO_MANY_TOOL_CALLS",
            "MISSING_THOUGHT_SIGNATURE",
            "MALFORMED_RESPONSE",
        ]
    ),
]


@pytest.mark.parametrize(("native", "reason"), CASES)
def test_each_reason_has_its_word(native: str, reason: FinishReason) -> None:
    assert finish_of(native, {}, calls=False) == Finish(reason, native)
    assert finish_reason_of(finish_of(native, {}, calls=False)) == native


def test_every_reason_that_google_knows_is_known() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from google.genai.types import FinishReason as Google

    assert {each.value for each in Google} - {"FINISH_REASON_UNSPECIFIED"} == {native for native, _ in CASES}


def test_stop_with_calls_wants_them_called() -> None:
    assert finish_of("STOP", {}, calls=True) == Finish("tool_calls", "STOP")
    assert finish_of("MAX_TOKENS", {}, calls=True) == Finish("length", "MAX_TOKENS")
    assert finish_of("SOMETHING_NEW", {}, calls=False) == Finish("stop", "SOMETHING_NEW")
    assert finish_of(None, {}, calls=False) == Finish("stop")


def test_a_blocked_prompt_is_filtered() -> None:
    assert blocked("SAFETY", {"a": 1}) == Finish("content_filter", "SAFETY", rest={"a": 1})


@pytest.mark.parametrize(
    ("reason", "native"),
    [("stop", "STOP"), ("tool_calls", "STOP"), ("length", "MAX_TOKENS"), ("refusal", "SAFETY"), ("pause", "STOP")],
)
def test_reasons_from_elsewhere_have_one_too(reason: FinishReason, native: str) -> None:
    assert finish_reason_of(Finish(reason, "else")) == native
