"""All steps in order: held-out near set, tokenizer, both models, GGUFs, figures, cards."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from pathlib import Path
from typing import Any

from . import cards, export, network, parity, train
from .corpus import HERE, Corpus
from .evaluate import evaluate, paired_interval, read_set
from .messages import balanced, stream
from .network import Shape
from .serving import Served
from .tokenizer import train_tokenizer
from .train import Settings

SEED = 20261121
HELD = HERE / "heldout"
SHIPPED = HERE.parents[1] / "src" / "ajar" / "runtimes" / "weights"
RUNS: dict[str, tuple[Settings, ...]] = {
    "v1": (Settings(steps=600, seed=SEED),),
    "v2": (
        Settings(steps=5600, seed=SEED + 1),
        Settings(
            steps=1200,
            seed=SEED + 2,
            learning_rate=1.5e-3,
            muon_rate=1e-2,
            decay=1.0,
            rough=False,
            loose=0.1,
            merge_dropout=0.02,
            token_dropout=0.0,
        ),
    ),
}
"""The stages of each training. The second stage of v2 is without most of the noise that makes the first one robust."""


def near_rows() -> list[dict[str, Any]]:
    """The near set: 300 messages of the generator from a seed that no training run uses."""
    return [
        {
            "id": f"near-{index:03d}",
            "input": message.text,
            "target": message.expected,
            "tags": [message.expected["intent"]],
        }
        for index, message in enumerate(balanced(Corpus(), f"near-{SEED}", 300))
    ]


def reserved_texts() -> set[str]:
    """Every text that training must never meet: near set, far set, parity messages."""
    rows = read_set(HELD / "near.jsonl") + read_set(HELD / "far.jsonl")
    return {row["input"] for row in rows} | set(parity.messages())


def build(version: str, folder: Path) -> dict[str, Any]:
    """Train one version and export it; returns the time it took and the size of its GGUF."""
    begun = time.monotonic()
    vocabulary = Corpus(inventive=False)
    tokenizer = train_tokenizer(itertools.islice(stream(vocabulary, SEED), 40_000), Shape().vocabulary, spaced=256)
    source, gguf = folder / version, SHIPPED / f"ajar-triage-{version}.gguf"
    model = None
    for settings in RUNS[version]:
        model = train.train(Corpus(), tokenizer, settings, Shape(), source, reserved_texts(), model)
    assert model is not None
    export.snap(model)
    network.save(model, source)
    SHIPPED.mkdir(parents=True, exist_ok=True)
    export.export(source, gguf, f"ajar-triage-{version}")
    spent = time.monotonic() - begun
    return {"steps": sum(stage.steps for stage in RUNS[version]), "seconds": round(spent), "bytes": gguf.stat().st_size}


def measure() -> dict[str, Any]:
    """Evaluate both shipped models on both held-out sets."""
    sets = {name: read_set(HELD / f"{name}.jsonl") for name in ("near", "far")}
    results: dict[str, dict[str, Any]] = {}
    for version in RUNS:
        with Served(SHIPPED / f"ajar-triage-{version}.gguf") as served:
            results[version] = {name: evaluate(served, rows) for name, rows in sets.items()}
    figures: dict[str, Any] = {
        version: {name: result.summary() for name, result in found.items()} for version, found in results.items()
    }
    figures["difference"] = {}
    for name in sets:
        found = paired_interval(results["v1"][name].right, results["v2"][name].right)
        figures["difference"][name] = [round(value, 4) for value in found]
    return figures


def main() -> None:
    """Run the steps that were asked for; without arguments, all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/triage"))
    parser.add_argument("--versions", nargs="*", default=list(RUNS), choices=list(RUNS))
    arguments = parser.parse_args()
    (HELD / "near.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in near_rows()), "utf-8"
    )
    notes = HELD / "figures.json"
    figures: dict[str, Any] = json.loads(notes.read_text()) if notes.exists() else {}
    built = figures.get("built", {})
    for version in arguments.versions:
        built[version] = build(version, arguments.folder)
        recorded = HELD / f"parity-{version}.jsonl"
        parity.record(arguments.folder / version, recorded)
        differing = parity.compare(SHIPPED / f"ajar-triage-{version}.gguf", recorded)
        built[version]["parity_differences"] = differing
    figures = {**measure(), "built": built}
    notes.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for version in RUNS:
        (SHIPPED / f"ajar-triage-{version}.md").write_text(cards.card(version, figures), "utf-8")
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
