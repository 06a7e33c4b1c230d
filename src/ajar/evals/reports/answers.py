"""The flipped cases as they are shown: shortened texts, and the two answers with their differing words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.evals.reports.flip import Change
from ajar.evals.reports.inert import visible
from ajar.evals.reports.words import Piece, diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ajar.evals.reports.flip import Flip, Side
    from ajar.evals.sample import Sample

_MOST_INPUT = 3_000
_MOST_ANSWER = 6_000
_MOST_SAME = 800
_MOST_GLIMPSE = 140


class Turn(msgspec.Struct, frozen=True):
    """One message of the input."""

    role: str
    text: str


class Check(msgspec.Struct, frozen=True):
    """What a check said of an answer."""

    name: str
    value: str
    why: str
    failed: bool


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One model's answer. The pieces are those of its own text."""

    pieces: list[Piece]
    checks: list[Check]
    repeats: str
    """How many of several repeats passed; empty where there was one."""
    facts: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A flipped case as a report shows it."""

    id: str
    tags: tuple[str, ...]
    change: Change
    glimpse: str
    turns: list[Turn]
    target: str
    candidate: Told
    baseline: Told


def case(flip: Flip) -> Case:
    """Make one ready to be shown."""
    turns = _turns(flip.input)
    pieces = diff(visible(answer(flip.baseline.sample)), visible(answer(flip.candidate.sample)))
    return Case(
        id=visible(flip.id),
        tags=tuple(visible(tag) for tag in flip.tags),
        change=flip.change,
        glimpse=" ".join(turns[-1].text.split())[:_MOST_GLIMPSE] if turns else "",
        turns=turns,
        target="" if flip.target is None else _clipped(text_of(flip.target), _MOST_INPUT),
        candidate=_told(flip.candidate, _shortened(piece for piece in pieces if piece.kind != "old")),
        baseline=_told(flip.baseline, _shortened(piece for piece in pieces if piece.kind != "new")),
    )


def answer(sample: Sample) -> str:
    """All that a model said, as text: words, calls of tools, and a refusal."""
    found = sample.answer
    if found is None:
        return ""
    parts = [found.text] if found.text else []
    parts += [f"{call.name}({call.arguments})" for call in found.tool_calls]
    if found.refusal:
        parts.append(f"[refusal] {found.refusal}")
    return "\n".join(parts)


def text_of(value: Any) -> str:
    """A value of a suite as a person writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=None)


def _told(side: Side, pieces: list[Piece]) -> Told:
    found = side.sample.answer
    facts: list[str] = []
    if found is not None:
        facts.append(f"{found.latency_ms:,.0f} ms")
        if found.cost_usd:
            facts.append(f"${found.cost_usd:.3g}")
        if found.usage.output_tokens is not None:
            facts.append(f"{found.usage.output_tokens:,} tokens out")
        if found.finish_reason not in {None, "stop"}:
            facts.append(visible(f"ended by {found.finish_reason}"))
    return Told(
        pieces=pieces,
        checks=_checks(side),
        repeats="" if side.mean in {0.0, 1.0} else f"{side.mean:.0%} over the repeats",
        facts=" · ".join(facts),
    )


def _shortened(pieces: Iterable[Piece]) -> list[Piece]:
    """Of a long stretch that is the same only its ends, and of a very long answer only so much."""
    shown: list[Piece] = []
    room = _MOST_ANSWER
    for piece in pieces:
        text = piece.text
        if piece.kind == "same" and len(text) > _MOST_SAME:
            half = _MOST_SAME // 2
            text = f"{text[:half]} … ({len(text) - 2 * half:,} characters the same) … {text[-half:]}"
        if len(text) > room:
            shown.append(Piece(piece.kind, f"{text[:room]} … (and more)"))
            break
        shown.append(Piece(piece.kind, text))
        room -= len(text)
    return shown


def _checks(side: Side) -> list[Check]:
    """Those not passed first."""
    checks = [
        Check(
            name=visible(name),
            value="?" if score.value is None else f"{score.value:.2f}".rstrip("0").rstrip("."),
            why=_clipped(score.why, 300),
            failed=name in side.failed,
        )
        for name, score in side.sample.scores.items()
    ]
    return sorted(checks, key=lambda check: not check.failed)


def _turns(given: str | list[dict[str, Any]]) -> list[Turn]:
    if isinstance(given, str):
        return [Turn("user", _clipped(given, _MOST_INPUT))]
    return [Turn(visible(str(turn.get("role", ""))), _clipped(content(turn), _MOST_INPUT)) for turn in given]


def content(message: Mapping[str, Any]) -> str:
    """The text of a message; what is not text is named in brackets."""
    given = message.get("content")
    parts = [given] if isinstance(given, str) else []
    if isinstance(given, list):
        parts = [_part(part) for part in cast("Sequence[Any]", given)]
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        parts += [text_of(call) for call in cast("Sequence[Any]", calls)]
    return "\n".join(parts)


def _part(part: Any) -> str:
    if isinstance(part, dict):
        known = cast("dict[str, Any]", part)
        return str(known["text"]) if "text" in known else f"[{known.get('type', 'part')}]"
    return text_of(part)


def _clipped(text: str, most: int) -> str:
    """The beginning of a long text, and how much more there is."""
    if len(text) > most:
        text = f"{text[:most]} … ({len(text) - most:,} more characters)"
    return visible(text)
