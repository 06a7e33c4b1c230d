"""The greedy tokens of the source weights, recorded so that any runtime can be held to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM

from .corpus import DATA, Corpus
from .grammar import read_templates
from .messages import balanced
from .serving import Served
from .tokenizer import END, prompt

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 160
TIE = 0.01


def messages() -> list[str]:
    """The 200 fixed messages: 100 of the generator's, 100 free ones."""
    return [m.text for m in balanced(Corpus(), "parity", 100)] + read_templates(DATA / "parity.txt")


def record(source: Path, target: Path) -> None:
    """Answer the fixed messages greedily with transformers in float32 and write them down."""
    torch.set_num_threads(1)
    model = LlamaForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    with target.open("w", encoding="utf-8") as file:
        for message in messages():
            file.write(json.dumps(_greedy(model, tokenizer, message), ensure_ascii=False) + "\n")


def _greedy(model: LlamaForCausalLM, tokenizer: Tokenizer, message: str) -> dict[str, Any]:
    end = tokenizer.token_to_id(END)
    ids = torch.tensor([tokenizer.encode(prompt(message), add_special_tokens=False).ids])
    tokens: list[int] = []
    margins: list[float] = []
    cache = None
    with torch.inference_mode():
        while len(tokens) < LIMIT and end not in tokens:
            found = model(ids, past_key_values=cache, use_cache=True)
            best = found.logits[0, -1].topk(2)
            tokens.append(int(best.indices[0]))
            margins.append(float(best.values[0] - best.values[1]))
            cache, ids = found.past_key_values, best.indices[None, :1]
    text = tokenizer.decode([t for t in tokens if t != end], skip_special_tokens=False)
    return {
        "message": message,
        "tokens": tokens,
        "text": text,
        "margin": round(min(margins), 4),
        "ties": {str(i): round(m, 4) for i, m in enumerate(margins) if m < 10 * TIE},
    }


def compare(gguf: Path, recorded: Path) -> list[dict[str, Any]]:
    """The messages on which the GGUF's tokens differ, with the source's margin at the first."""
    rows = [json.loads(line) for line in recorded.read_text("utf-8").splitlines()]
    with Served(gguf) as served:
        answers = served.answers([row["message"] for row in rows])
    differing = []
    for row, answer in zip(rows, answers, strict=True):
        if answer.tokens != row["tokens"]:
            pairs = enumerate(zip(row["tokens"], answer.tokens, strict=False))
            at = next((i for i, (a, b) in pairs if a != b), len(row["tokens"]) - 1)
            differing.append(
                {
                    "message": row["message"],
                    "at": at,
                    "margin": row["ties"].get(str(at)),
                    "source": row["text"],
                    "gguf": answer.text,
                }
            )
    return differing
