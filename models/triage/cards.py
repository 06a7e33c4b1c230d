"""Model cards, written from the measured figures."""

from __future__ import annotations

from typing import Any

from .corpus import Corpus
from .network import Shape
from .task import KEYS

_CARD = """# ajar-triage-{version}

One customer message to a shop in, one JSON object out: intent, urgency, order id, product,
date, amount. {role}
Licence: Apache-2.0, for the weights and for the data and code they come from.

- Architecture: Llama, {layers} layers, hidden size {hidden}, feed-forward {feed_forward}, \
{heads} heads ({kv_heads} for keys and values), tied embeddings, vocabulary {vocabulary:,}, \
context {context} tokens.
- File: `ajar-triage-{version}.gguf`, float16, {bytes:,} bytes. Greedy output equals that of the
  source weights (transformers, float32) token for token on {equal} of 200 fixed messages.
- Training: {steps:,} steps of 64 generated messages, from random weights.

## Use

Send the message as the only user turn, with temperature 0 and room for 160 tokens. No system
prompt is needed, and one does little harm. Earlier turns of a conversation confuse
it: send each message alone. The answer has its keys in this order, with null for
what the message does not hold:

    {{"intent": "refund", "urgency": "normal", "order_id": "#1234", "product": null, \
"date": null, "amount": "$20"}}

A JSON schema that asks for another order of the keys breaks the answers. Intents: order_status,
cancel_order, refund, exchange, damaged_item, billing, change_delivery, product_question. Urgency:
high, normal, low.

## Training data

Synthetic English messages, all drawn from a generator in `models/triage`: {templates:,} phrasings
with alternations ({least} or more for each intent), cues of urgency, greetings, sentences of
context, synonyms, typos and letter-case noise. Order ids come from random grammars and product
names from word lists and invented words, so that the model copies rather than remembers. The
phrasings are synthetic, written for this model. No message of a real customer is in it.

## Accuracy

Greedy answers of this file under llama.cpp, in percent, with 95% Wilson intervals. *Near*: 300
unseen messages of the generator (known phrasings, with typos and letter-case noise). *Far*: 300
messages whose phrasings, product names and id formats occur in no training data.

| | near | far |
|---|---|---|
{rows}

{difference}

Recall by intent on far: {recall}.

## Limits

- Both sets are synthetic and were written for this task. Real messages are longer, stranger and
  ambiguous; expect less on them, and measure on your own before relying on it.
- English only, retail only. Any text gets one of the eight intents; there is no "other".
- One intent a message: where a message asks for two things, one of them is lost.
- Relative dates ("two days ago") are not extracted, and at most one date, sum, product and id.
- Spans are copied token by token; a long or odd id or name may come out with a slip. Check an id
  against the message before acting on it.
- It does not converse, follow other instructions or resist hostile input.
"""

_ROLES = {
    "v1": "The first, briefly trained checkpoint: made to be measurably worse than its successor.",
    "v2": "The second, longer trained checkpoint.",
}


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * share:.1f}"


def _rows(found: dict[str, Any]) -> str:
    near, far = found["near"], found["far"]
    cells = []
    for name in (near, far):
        low, high = name["fully_right_interval"]
        cells.append(f"{percent(name['fully_right'])} ({percent(low)}–{percent(high)})")
    rows = [f"| all six fields right | {cells[0]} | {cells[1]} |"]
    rows += [f"| {key} | {percent(near['fields'][key])} | {percent(far['fields'][key])} |" for key in KEYS]
    for key, label in (("valid_json", "valid JSON"), ("keys_in_order", "keys in order, ended")):
        rows.append(f"| {label} | {percent(near[key])} | {percent(far[key])} |")
    return "\n".join(rows)


def _difference(figures: dict[str, Any]) -> str:
    parts = []
    for name in ("near", "far"):
        plain, low, high = (percent(value) for value in figures["difference"][name])
        parts.append(f"{plain} points on {name} (95% interval {low} to {high})")
    return (
        "All six fields right, v2 less v1: " + " and ".join(parts) + ";\npaired Wald intervals with "
        "the adjustment of Agresti and Min."
    )


def card(version: str, figures: dict[str, Any]) -> str:
    """The model card of a version."""
    shape, built, corpus = Shape(), figures["built"][version], Corpus()
    counts = [sum(len(found[intent]) for found in corpus.phrasings.values()) for intent in corpus.phrasings["extra"]]
    recall = figures[version]["far"]["intent_recall"]
    return _CARD.format(
        version=version,
        role=_ROLES[version],
        layers=shape.layers,
        hidden=shape.hidden,
        feed_forward=shape.feed_forward,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        vocabulary=shape.vocabulary,
        context=shape.context,
        bytes=built["bytes"],
        steps=built["steps"],
        equal=200 - len(built["parity_differences"]),
        templates=sum(counts),
        least=min(counts),
        rows=_rows(figures[version]),
        difference=_difference(figures),
        recall=", ".join(f"{intent} {percent(share)}" for intent, share in recall.items()),
    )
