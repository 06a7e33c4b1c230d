"""Draw the far held-out set: 300 customer messages with their expected triage.

Reads the phrasings, product names, order-id formats, dates, amounts and urgency
cues in `far/` and writes `far.jsonl` next to this file. None of that material is
used for training. The seed is fixed, and chosen so that no message comes twice:
every run writes the same file.
"""

import json
import random
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
FAR = HERE / "far"
SEED = 20282
TOTAL, HIGH, LOW, COURTESY, LOWER_CASE = 300, 75, 60, 75, 30
INTENTS = (
    "order_status",
    "cancel_order",
    "refund",
    "exchange",
    "damaged_item",
    "billing",
    "change_delivery",
    "product_question",
)
SLOT_KEYS = {"order": "order_id", "product": "product", "date": "date", "amount": "amount"}
GREETINGS = (
    "Good morning.",
    "Hello!",
    "Hello to the service team.",
    "Hi there!",
    "Good afternoon.",
)
SIGN_OFFS = (
    "Many thanks, Ingrid.",
    "Kind regards, Tomas.",
    "Thank you for your help.",
    "Best wishes, Amara.",
    "Thanks in advance.",
)


def lines(path: Path) -> list[str]:
    """The lines of a list file that are neither blank nor a comment."""
    kept = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in kept if line and not line.startswith("#")]


def deck(rng: random.Random, items: list[str]) -> Iterator[str]:
    """Deal the items for ever, each once before any comes again."""
    while True:
        yield from rng.sample(items, len(items))


def fill_id(rng: random.Random, pattern: str) -> str:
    """One order id: A is a random capital, 9 a random digit, a backslash escapes."""

    def draw(match: re.Match[str]) -> str:
        token = match.group()
        pool = {"A": string.ascii_uppercase, "9": string.digits}.get(token, token[-1])
        return rng.choice(pool)

    return re.sub(r"\\.|.", draw, pattern)


def fits(date: str, template: str, intent: str) -> bool:
    """Whether a date reads well here ("last Friday" only for things past, and so on)."""
    ahead = intent in ("change_delivery", "product_question")
    if date.startswith("last "):
        return "on {date}" in template and not ahead
    return not date.startswith("next ") or intent == "change_delivery"


def flags(rng: random.Random, counts: dict[str, int]) -> list[str]:
    """TOTAL shuffled values: each key as often as counted."""
    values = [value for value, count in counts.items() for _ in range(count)]
    assert len(values) == TOTAL
    return rng.sample(values, TOTAL)


def make() -> list[dict[str, object]]:
    """The whole set, in its written order."""
    rng = random.Random(SEED)
    formats = tomllib.loads((FAR / "id_formats.toml").read_text(encoding="utf-8"))["format"]
    regexes = {entry["pattern"]: entry["regex"] for entry in formats}
    patterns = deck(rng, list(regexes))
    decks = {slot: deck(rng, lines(FAR / f"{slot}s.txt")) for slot in ("product", "date", "amount")}
    urgency_lists = tomllib.loads((FAR / "urgency.toml").read_text(encoding="utf-8"))
    cues = {level: deck(rng, urgency_lists[level]) for level in ("high", "low")}
    greetings, sign_offs = deck(rng, list(GREETINGS)), deck(rng, list(SIGN_OFFS))

    jobs: list[tuple[str, int, str]] = []
    for place, intent in enumerate(INTENTS):
        share = TOTAL // len(INTENTS) + (place < TOTAL % len(INTENTS))
        templates = list(enumerate(lines(FAR / "phrasings" / f"{intent}.txt"), start=1))
        twice, rest = divmod(share, len(templates))
        assert twice >= 2, f"{intent}: too many phrasings to use each twice"
        with_slots = [pair for pair in templates if "{" in pair[1]]
        drawn = templates * twice + rng.sample(with_slots, rest)
        jobs += [(intent, number, template) for number, template in drawn]
    rng.shuffle(jobs)
    levels = flags(rng, {"high": HIGH, "low": LOW, "normal": TOTAL - HIGH - LOW})
    courtesies = flags(rng, {"yes": COURTESY, "no": TOTAL - COURTESY})
    cases = flags(rng, {"lower": LOWER_CASE, "as written": TOTAL - LOWER_CASE})

    records: list[dict[str, object]] = []
    for at, (intent, number, template) in enumerate(jobs):
        spans: dict[str, str | None] = dict.fromkeys(SLOT_KEYS.values())
        message = template
        for slot in re.findall(r"\{(\w+)\}", template):
            if slot == "order":
                pattern = next(patterns)
                value = fill_id(rng, pattern)
                assert re.fullmatch(regexes[pattern], value), (pattern, value)
            else:
                value = next(decks[slot])
                while slot == "date" and not fits(value, template, intent):
                    value = next(decks[slot])
            if value.startswith(("last ", "next ")):
                message = message.replace("on {date}", "{date}")
            message = message.replace("{" + slot + "}", value)
            spans[SLOT_KEYS[slot]] = value
        if levels[at] != "normal":
            parts = [message, next(cues[levels[at]])]
            message = " ".join(parts if rng.random() < 0.5 else parts[::-1])
        if courtesies[at] == "yes":
            message = f"{next(greetings)} {message}" if rng.random() < 0.5 else f"{message} {next(sign_offs)}"
        if cases[at] == "lower":
            message = message.lower()
            spans = {key: value and value.lower() for key, value in spans.items()}
        for span in spans.values():
            assert span is None or message.count(span) == 1, (span, message)
        expected = {"intent": intent, "urgency": levels[at], **spans}
        records.append(
            {
                "id": f"far-{at + 1:03}",
                "input": message,
                "target": expected,
                "tags": [intent],
                "cluster": f"{intent}/{number}",
            }
        )
    assert len({record["input"] for record in records}) == TOTAL, "a message comes twice"
    return records


if __name__ == "__main__":
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in make())
    (HERE / "far.jsonl").write_text(text, encoding="utf-8")
