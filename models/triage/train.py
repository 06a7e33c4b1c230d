"""The training loop: answers only, a fixed number of steps, the same result for a seed."""

from __future__ import annotations

import itertools
import math
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from . import network as networks
from . import tokenizer as tokenizers
from .messages import stream
from .network import Network, Shape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tokenizers import Tokenizer

    from .corpus import Corpus

IGNORED = -100


@dataclass(frozen=True)
class Settings:
    """What a training run depends on, beside the data."""

    steps: int
    seed: int
    batch: int = 64
    learning_rate: float = 3e-3
    muon_rate: float = 2e-2
    warm_up: int = 60
    decay: float = 0.6
    weight_decay: float = 0.05
    clip: float = 1.0
    rough: bool = True
    loose: float = 0.4
    merge_dropout: float = 0.1
    token_dropout: float = 0.04
    smoothing: float = 0.0
    limit: int = 320
    threads: int = 2


@dataclass(frozen=True)
class Batch:
    """One step's tokens, the flat positions to learn at, the tokens that come there, and the
    tokens of the prompt that may be hidden because nothing is copied from them."""

    ids: Tensor
    chosen: Tensor
    targets: Tensor
    maskable: Tensor


def batches(corpus: Corpus, tokenizer: Tokenizer, settings: Settings, reserved: Collection[str]) -> Iterator[Batch]:
    """Batches of like length without end, drawn from the stream of the seed."""
    messages = stream(corpus, settings.seed, reserved, rough=settings.rough)
    rng = random.Random(f"triage-encode-{settings.seed}")
    encoder = tokenizers.Encoder(tokenizer, settings.merge_dropout, rng)
    while True:
        rows = [
            encoder.encode(message, rng.random() < settings.loose)
            for message in itertools.islice(messages, settings.batch * 32)
        ]
        rows = [row for row in rows if len(row[0]) <= settings.limit]
        rows.sort(key=lambda row: len(row[0]))
        groups = [rows[at : at + settings.batch] for at in range(0, len(rows) - settings.batch + 1, settings.batch)]
        rng.shuffle(groups)
        yield from map(_batch, groups)


def _batch(rows: list[tuple[list[int], int]]) -> Batch:
    width = -(-(max(len(ids) for ids, _ in rows) - 1) // 16) * 16
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    maskable = torch.zeros(len(rows), width, 1)
    chosen: list[int] = []
    targets: list[int] = []
    for row, (ids, start) in enumerate(rows):
        tokens[row, : len(ids) - 1] = torch.tensor(ids[:-1])
        answer = set(ids[start:])
        maskable[row, :start, 0] = torch.tensor([float(token not in answer) for token in ids[:start]])
        chosen += range(row * width + start - 1, row * width + len(ids) - 1)
        targets += ids[start:]
    spare = -len(chosen) % 256
    chosen += [0] * spare
    targets += [IGNORED] * spare
    return Batch(tokens, torch.tensor(chosen), torch.tensor(targets), maskable)


def rate_at(step: int, settings: Settings) -> float:
    """The share of the full learning rate at a step: warm-up, level, then down to nothing."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    left = (settings.steps - step) / (settings.steps * settings.decay)
    return min(1.0, 0.5 - 0.5 * math.cos(math.pi * min(1.0, left)))


def has_fast_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware."""
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def train(
    corpus: Corpus,
    tokenizer: Tokenizer,
    settings: Settings,
    shape: Shape,
    folder: Path,
    reserved: Collection[str] = (),
    start: Network | None = None,
) -> Network:
    """Train a network from the seed, or `start` further, and save it with its tokenizer under `folder`."""
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    network = Network(shape) if start is None else start
    hidden = [p for n, p in network.named_parameters() if p.dim() == 2 and "embed" not in n]
    others = [p for n, p in network.named_parameters() if p.dim() != 2 or "embed" in n]
    muon = torch.optim.Muon(hidden, lr=settings.muon_rate, weight_decay=settings.weight_decay)
    adam = torch.optim.AdamW(others, lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    fast, noise = has_fast_bfloat16(), torch.Generator().manual_seed(settings.seed)
    begun, running = time.monotonic(), 0.0
    data = batches(corpus, tokenizer, settings, reserved)
    for step, batch in enumerate(itertools.islice(data, settings.steps)):
        share = rate_at(step, settings)
        for optimizer, rate in ((muon, settings.muon_rate), (adam, settings.learning_rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
        drawn = torch.rand(batch.maskable.shape, generator=noise)
        mask = 1.0 - (drawn < settings.token_dropout).float() * batch.maskable
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
            logits = network(batch.ids, batch.chosen, mask)
        loss = functional.cross_entropy(
            logits.float(),
            batch.targets,
            ignore_index=IGNORED,
            label_smoothing=settings.smoothing,
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        muon.step()
        adam.step()
        muon.zero_grad()
        adam.zero_grad()
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 100 == 99:
            spent = time.monotonic() - begun
            print(f"step {step + 1}/{settings.steps} loss {running:.4f} {spent:.0f} s", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    networks.save(network, folder)
    tokenizers.save(tokenizer, folder)
    return network
