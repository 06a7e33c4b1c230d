"""The shipped models: sizes, parity with the source weights, accuracy, cards, clean data."""

from __future__ import annotations

import itertools
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT / "models") not in sys.path:
    sys.path.insert(0, str(ROOT / "models"))

pytest.importorskip("xllamacpp")

from triage import corpus, messages, products, task  # noqa: E402
from triage.evaluate import Result, evaluate, paired_interval, read_set  # noqa: E402
from triage.grammar import read_templates  # noqa: E402
from triage.serving import Served  # noqa: E402

WEIGHTS = ROOT / "src" / "ajar" / "runtimes" / "weights"
HELD = ROOT / "models" / "triage" / "heldout"
VERSIONS = ("v1", "v2")
SETS = ("near", "far")
TIE = 0.01


def gguf(version: str) -> Path:
    """The shipped file of a version."""
    return WEIGHTS / f"ajar-triage-{version}.gguf"


@cache
def results(version: str) -> dict[str, Result]:
    """Both held-out sets answered by a version, once a test run."""
    with Served(gguf(version)) as served:
        return {name: evaluate(served, read_set(HELD / f"{name}.jsonl")) for name in SETS}


def share(result: Result) -> float:
    """The share of fully right messages."""
    return sum(result.right) / len(result.right)


@cache
def sample() -> tuple[task.Message, ...]:
    """Training messages of the seed of v2, the first few thousand."""
    known = corpus.Corpus()
    return tuple(itertools.islice(messages.stream(known, 20261122), 4000))


@pytest.mark.parametrize("version", VERSIONS)
def test_file_is_small(version: str) -> None:
    assert gguf(version).stat().st_size <= 3_500_000


@pytest.mark.parametrize("version", VERSIONS)
def test_tokens_equal_the_source_weights(version: str) -> None:
    text = (HELD / f"parity-{version}.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == len({row["message"] for row in rows}) == 200
    with Served(gguf(version)) as served:
        answers = served.answers([row["message"] for row in rows])
    ties = 0
    for row, answer in zip(rows, answers, strict=True):
        if answer.tokens == row["tokens"]:
            assert answer.text == row["text"]
            continue
        pairs = zip(row["tokens"], answer.tokens, strict=False)
        at = next(i for i, (source, found) in enumerate(pairs) if source != found)
        assert row["ties"].get(str(at), 1.0) < TIE, row["message"]
        ties += 1
    assert ties <= 2


@pytest.mark.parametrize("name", SETS)
def test_sets_hold_300_messages_and_every_intent(name: str) -> None:
    rows = read_set(HELD / f"{name}.jsonl")
    assert len(rows) == len({row["input"] for row in rows}) == 300
    counts = [sum(r["target"]["intent"] == intent for r in rows) for intent in task.INTENTS]
    assert min(counts) >= 30


def test_v1_is_right_on_some_near_messages() -> None:
    assert 0.40 <= share(results("v1")["near"]) <= 0.80


def test_v2_is_right_on_near_messages() -> None:
    assert share(results("v2")["near"]) >= 0.95


def test_v2_is_right_on_far_messages() -> None:
    far = results("v2")["far"]
    assert share(far) >= 0.50
    assert far.field("intent") >= 0.80


@pytest.mark.parametrize("name", SETS)
def test_v2_beats_v1(name: str) -> None:
    _, low, _ = paired_interval(results("v1")[name].right, results("v2")[name].right)
    assert low > 0.08


@pytest.mark.parametrize("name", SETS)
def test_v2_writes_the_keys_in_order(name: str) -> None:
    assert sum(results("v2")[name].ordered) >= 297


@pytest.mark.parametrize("version", VERSIONS)
def test_card_tells_what_is_measured(version: str) -> None:
    card = (WEIGHTS / f"ajar-triage-{version}.md").read_text("utf-8")
    figures = {name: result.summary() for name, result in results(version).items()}
    rows = dict(re.findall(r"^\| ([a-z_ ]+) \| ([^|]+ \| [^|]+) \|$", card, re.MULTILINE))
    for key in task.KEYS:
        stated = [float(x) for x in rows[key].split(" | ")]
        measured = [100 * figures[name]["fields"][key] for name in SETS]
        assert stated == pytest.approx(measured, abs=0.36), key
    stated = [float(x.split(" ")[0]) for x in rows["all six fields right"].split(" | ")]
    assert stated == pytest.approx([100 * figures[n]["fully_right"] for n in SETS], abs=0.36)
    assert f"{gguf(version).stat().st_size:,} bytes" in card
    assert "Apache-2.0" in card


def test_a_system_turn_does_little_harm() -> None:
    rows = read_set(HELD / "near.jsonl")[:40]
    right = 0
    with Served(gguf("v2")) as served:
        for row in rows:
            turns = [
                {"role": "system", "content": "You are a helpful assistant. Answer in JSON."},
                {"role": "user", "content": row["input"]},
            ]
            reply: dict[str, Any] = served.call(
                "/v1/chat/completions", {"messages": turns, "temperature": 0, "max_tokens": 160}
            )
            choice = reply["choices"][0]
            assert choice["finish_reason"] == "stop"
            right += json.loads(choice["message"]["content"]) == row["target"]
    assert right >= 34


def test_the_generator_repeats_itself() -> None:
    first, second = (list(itertools.islice(messages.stream(corpus.Corpus(), 7), 300)) for _ in range(2))
    assert first == second
    assert first != list(itertools.islice(messages.stream(corpus.Corpus(), 8), 300))


def test_answers_stand_in_their_messages() -> None:
    for message in sample():
        assert tuple(message.expected) == task.KEYS
        for key in task.KEYS[2:]:
            value = message.expected[key]
            assert value is None or value in message.text


def test_training_meets_no_far_phrasing() -> None:
    far = {line for path in sorted((HELD / "far" / "phrasings").glob("*.txt")) for line in read_templates(path)}
    known = corpus.Corpus()
    templates = {t for found in known.phrasings.values() for lines in found.values() for t in lines}
    assert far
    assert not far & templates
    texts = {row["input"] for name in SETS for row in read_set(HELD / f"{name}.jsonl")}
    assert not texts & {message.text for message in sample()}


def test_training_meets_no_far_product() -> None:
    far = {name.lower() for name in read_templates(HELD / "far" / "products.txt")}
    drawn = {(m.expected["product"] or "").lower() for m in sample()}
    assert far
    assert not far & drawn
    listed = corpus.DATA / "nouns.txt"
    assert not far & {word.lower() for word in products.read_words(listed)}


def test_training_meets_no_far_id_format() -> None:
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in corpus.barred_id_formats()]
    assert patterns
    for message in sample():
        value = message.expected["order_id"] or ""
        assert not any(pattern.fullmatch(value) for pattern in patterns), value
    for row in read_set(HELD / "far.jsonl"):
        value = row["target"]["order_id"]
        assert value is None or any(pattern.fullmatch(value) for pattern in patterns), value
