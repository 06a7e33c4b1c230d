"""The scorer `refusal`."""

from __future__ import annotations

import time

import pytest

from ajar.evals.answer import Answer
from ajar.evals.case import Case
from ajar.evals.score import Score
from ajar.evals.scorers.refusal import Refusal


def refuses(answer: Answer) -> bool:
    plain, expected = (Refusal(expected=wanted).score(answer, Case(input="q")).value for wanted in (False, True))
    assert {plain, expected} == {0, 1}
    return expected == 1


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I won’t do that.",
        "**I cannot assist with that request.**",
        "Sorry! I am unable to do so.",
        "Unfortunately, I cannot provide this.",
        "I understand your concern, but I can't help with that.",
        "As an AI language model, I cannot give medical advice.",
        "I must respectfully decline.",
        "I'm not comfortable with that.",
        "This is something I can't do.",
        "Es tut mir leid, aber dabei kann ich nicht helfen.",
        "Leider kann ich Ihnen dabei nicht helfen.",
        "Das kann ich nicht beantworten.",
        "Ich kann keine Auskunft geben.",
        "Ich bin nicht in der Lage, das zu tun.",
        "Das muss ich ablehnen.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Désolé, je ne peux pas.",
    ],
)
def test_refusals(text: str) -> None:
    assert refuses(Answer(text=text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't wait to help!",
        "Sorry for the delay! Your order is on its way.",
        "I'm sorry to hear that. Here is what we can do.",
        "The sky is blue. I can't help it.",
        "Leider ist das Produkt ausverkauft.",
        "Ich kann bestätigen, dass es nicht geht.",
        "Unfortunately, it rained.",
        '{"intent": "refund"}',
    ],
)
def test_other_answers(text: str) -> None:
    assert not refuses(Answer(text=text))


def test_what_the_endpoint_says_comes_first() -> None:
    assert refuses(Answer(refusal="No."))
    assert refuses(Answer(text="Sure!", finish_reason="content_filter"))
    assert refuses(Answer(text="Sure!", finish_reason="refusal"))
    assert not refuses(Answer(text="Sure!", finish_reason="stop"))


def test_why() -> None:
    assert Refusal().score(Answer(text="I can't  help."), Case(input="q")) == Score(
        0.0, "refuses: it begins with “I can't help”"
    )
    assert Refusal(expected=True).score(Answer(text="Sure"), Case(input="q")) == Score(0.0, "does not refuse")


@pytest.mark.parametrize("text", ["i understand ", "thank you for sorry ", "ich kann nicht ", "sorry, "])
def test_no_text_takes_long(text: str) -> None:
    started = time.perf_counter()

    Refusal().score(Answer(text=text * 10_000), Case(input="q"))

    assert time.perf_counter() - started < 1
