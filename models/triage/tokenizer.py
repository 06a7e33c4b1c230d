"""The byte-level BPE tokenizer: made so that copying a span into JSON is a plain token copy.

The pre-tokenizer is llama.cpp's ``qwen2``. Merges are learnt on pieces without their leading
space, so a word has the same tokens after a space and after a quote; only common words that
never start a span get a token with its space. The fixed pieces of the answer are one token each.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .task import KEYS, Message

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from pathlib import Path

PAD, SYSTEM, USER, ASSISTANT, END = "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"
CONTROL: tuple[str, ...] = (PAD, SYSTEM, USER, ASSISTANT, END)
PIECES: tuple[str, ...] = (
    '{"intent": "',
    '", "urgency": "',
    '", "order_id": ',
    ', "product": ',
    ', "date": ',
    ', "amount": ',
)
"""The fixed parts of an answer; each is one token."""

QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LEARNING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\p{L}\p{N}]"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}<|assistant|>{{ message['content'] }}<|end|>"
    "{%- elif message['role'] == 'user' -%}<|user|>{{ message['content'] }}"
    "{%- else -%}<|system|>{{ message['content'] }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def prompt(message: str, system: str | None = None) -> str:
    """The text that the chat template makes of a message and an optional system turn."""
    head = f"{SYSTEM}{system}" if system is not None else ""
    return f"{head}{USER}{message}{ASSISTANT}"


def _pre_tokenizer(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def train_tokenizer(messages: Iterable[Message], size: int, spaced: int) -> Tokenizer:
    """Learn a tokenizer of `size` tokens, the last `spaced` of them words with their space."""
    texts: list[str] = []
    words: Counter[str] = Counter()
    starts: set[str] = set()
    for message in messages:
        texts += [message.text, message.answer]
        words.update(w for w in message.text.split(" ") if w.isascii() and w.isalpha())
        spans = (message.expected[key] for key in KEYS[2:])
        starts.update(span.split(" ")[0] for span in spans if span)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer(_LEARNING)
    trainer = trainers.BpeTrainer(
        vocab_size=size - spaced,
        special_tokens=[*CONTROL, *PIECES],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary, merges = model["vocab"], [tuple(pair) for pair in model["merges"]]
    for word, _ in words.most_common():
        whole = word in vocabulary and word.islower() and len(word) > 1 and word not in starts
        if whole and len(vocabulary) < size:
            merges.append(("Ġ", word))
            vocabulary[f"Ġ{word}"] = len(vocabulary)
    return build(vocabulary, merges)


def build(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    """The tokenizer of a vocabulary and its merges, as it is used and exported."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(QWEN2)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in CONTROL])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in PIECES])
    return tokenizer


class Encoder:
    """Turns training messages into token ids; some messages are cut finer than the rule.

    `rng` decides which tokens of a message are split into the two parts they were merged from
    (each with probability `dropout`), so that a rare word is met in many cuts.
    """

    def __init__(self, tokenizer: Tokenizer, dropout: float, rng: random.Random) -> None:
        self._tokenizer = tokenizer
        self._dropout = dropout
        self._rng = rng
        vocabulary = tokenizer.get_vocab()
        merges = json.loads(tokenizer.to_str())["model"]["merges"]
        self._parts = {vocabulary[left + right]: (vocabulary[left], vocabulary[right]) for left, right in merges}
        self._known: dict[str, list[int]] = {}

    def encode(self, message: Message, loose: bool) -> tuple[list[int], int]:
        """The ids of prompt and answer, and the length of the prompt.

        With `loose`, tokens of the message are split at random, and each span in the answer
        is cut just as it is cut in the message.
        """
        text = prompt(message.text, message.system)
        source = self._tokenizer.encode(text, add_special_tokens=False)
        offset = len(text) - len(message.text) - len(ASSISTANT)
        ids: list[int] = []
        begins: dict[int, int] = {}
        ends: dict[int, int] = {}
        for token, (begin, end) in zip(source.ids, source.offsets, strict=True):
            begins.setdefault(begin, len(ids))
            ids += self._split(token) if loose and begin >= offset else [token]
            ends[end] = len(ids)
        start = len(ids)
        for piece, key in zip(PIECES, KEYS, strict=True):
            ids += self._ids(piece)
            value = message.expected[key]
            if value is None or key in ("intent", "urgency"):
                ids += self._ids(value or "null")
                continue
            at = offset + message.text.find(value)
            first, last = begins.get(at), ends.get(at + len(value))
            whole = first is not None and last is not None and '"' not in value
            span = ids[first:last] if whole else self._ids(json.dumps(value)[1:-1])
            ids += [*self._ids('"'), *span, *self._ids('"')]
        return [*ids, *self._ids("}" + END)], start

    def _split(self, token: int) -> list[int]:
        parts = self._parts.get(token)
        if parts is None or self._rng.random() >= self._dropout:
            return [token]
        return self._split(parts[0]) + self._split(parts[1])

    def _ids(self, text: str) -> list[int]:
        if text not in self._known:
            found = list(self._tokenizer.encode(text, add_special_tokens=False).ids)
            if len(self._known) > 10_000:
                return found
            self._known[text] = found
        return self._known[text]


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the tokenizer and its settings so that transformers loads it from `folder`."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": CHAT_TEMPLATE,
        "eos_token": END,
        "pad_token": PAD,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
