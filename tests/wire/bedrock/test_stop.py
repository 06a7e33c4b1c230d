"""Every stop reason that AWS's description knows has a meaning, and is said again."""

from __future__ import annotations

import pytest
from botocore.session import Session

from ajar.domain.dialog.answer import Finish
from ajar.wire.bedrock.stop import finish_of, stop_reason_of


def test_all_of_them() -> None:
    known = Session().get_service_model("bedrock-runtime").shape_for("StopReason").metadata["enum"]
    found = {native: finish_of(native, None, calls=False).reason for native in known}
    assert found == {
        "end_turn": "stop",
        "tool_use": "tool_calls",
        "max_tokens": "length",
        "stop_sequence": "stop_sequence",
        "guardrail_intervened": "content_filter",
        "content_filtered": "content_filter",
        "malformed_model_output": "error",
        "malformed_tool_use": "error",
        "model_context_window_exceeded": "length",
    }
    assert [stop_reason_of(finish_of(native, None, calls=False)) for native in known] == known


def test_calls_make_it_tool_calls() -> None:
    assert finish_of("end_turn", None, calls=True) == Finish("tool_calls", "end_turn")
    assert finish_of("something_new", None, calls=True) == Finish("tool_calls", "something_new")
    assert finish_of("max_tokens", None, calls=True) == Finish("length", "max_tokens")
    assert finish_of("something_new", None, calls=False) == Finish("stop", "something_new")


@pytest.mark.parametrize("fields", [{"stop_sequence": "END"}, {"delta": {"stop_sequence": "END"}}])
def test_which_sequence(fields: object) -> None:
    assert finish_of("stop_sequence", fields, calls=False) == Finish("stop_sequence", "stop_sequence", "END")
    assert finish_of("end_turn", fields, calls=False).stop_sequence is None


@pytest.mark.parametrize("fields", [None, [], {"delta": 1}, {"stop_sequence": 1}, {"delta": {"stop_sequence": None}}])
def test_no_sequence(fields: object) -> None:
    assert finish_of("stop_sequence", fields, calls=False).stop_sequence is None


def test_other_formats_reasons() -> None:
    assert stop_reason_of(Finish("stop", "STOP")) == "end_turn"
    assert stop_reason_of(Finish("length", None)) == "max_tokens"
