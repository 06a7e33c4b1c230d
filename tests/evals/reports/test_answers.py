"""Flipped cases as they are shown."""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.evals.answer import Answer, ToolCall
from ajar.evals.reports.answers import answer, case
from ajar.evals.reports.flip import Flip, Side
from doubles.finished_run import sample


def flip(old: str, new: str, **more: Any) -> Flip:
    return Flip(
        **{
            "id": "one",
            "tags": (),
            "input": "What?",
            "target": None,
            "change": "regression",
            "candidate": Side(sample(0, "candidate", "x", text=new), 0.0, ("fields",)),
            "baseline": Side(sample(0, "baseline", "x", text=old), 1.0, ()),
            **more,
        }
    )


def test_each_answer_has_the_words_of_its_own() -> None:
    shown = case(flip("to refunds today", "to billing today"))
    assert [(piece.kind, piece.text) for piece in shown.baseline.pieces] == [
        ("same", "to "),
        ("old", "refunds"),
        ("same", " today"),
    ]
    assert [(piece.kind, piece.text) for piece in shown.candidate.pieces][1] == ("new", "billing")


def test_of_a_long_stretch_that_is_the_same_the_ends_are_shown() -> None:
    same = "word " * 2_000
    shown = case(flip(same + "end", same + "finish"))
    text = "".join(piece.text for piece in shown.candidate.pieces)
    assert len(text) < 1_000
    assert "characters the same" in text
    assert text.endswith("finish")


def test_a_very_long_answer_is_cut_and_says_so() -> None:
    shown = case(flip("no", "x" * 50_000))
    text = "".join(piece.text for piece in shown.candidate.pieces)
    assert len(text) < 7_000
    assert text.endswith("(and more)")


def test_a_long_input_says_how_much_more_there_is() -> None:
    shown = case(flip("a", "b", input="y" * 10_000))
    assert shown.turns[0].text.endswith("… (7,000 more characters)")


def test_messages_are_told_by_role_and_what_is_no_text_is_named() -> None:
    shown = case(
        flip(
            "a",
            "b",
            input=[
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": [{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": {}}]},
                {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
            ],
        )
    )
    assert [(turn.role, turn.text) for turn in shown.turns] == [
        ("system", "Be kind."),
        ("user", "See:\n[image_url]"),
        ("assistant", '{"id": "1"}'),
    ]


def test_calls_of_tools_and_refusals_are_part_of_an_answer() -> None:
    said = msgspec.structs.replace(
        sample(0, "candidate", "x"),
        answer=Answer(text="Look:", tool_calls=(ToolCall("find", '{"q": 1}'),), refusal="I may not"),
    )
    assert answer(said) == 'Look:\nfind({"q": 1})\n[refusal] I may not'


def test_checks_not_passed_come_first() -> None:
    shown = case(flip("a", "b"))
    assert [(check.name, check.failed) for check in shown.candidate.checks] == [("fields", True), ("valid json", False)]


def test_a_share_of_repeats_is_told() -> None:
    shown = case(flip("a", "b", candidate=Side(sample(0, "candidate", "x"), 1 / 3, ())))
    assert shown.candidate.repeats == "33% over the repeats"
    assert shown.baseline.repeats == ""
