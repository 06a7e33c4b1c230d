"""The change record for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ajar.evidence.live.look import Standing
    from ajar.rollout.document import Plan, Rollout, Step

_TITLES = {
    "promoted": "promoted",
    "rolled_back": "rolled back",
    "inconclusive": "INCONCLUSIVE",
    "aborted": "aborted",
    "failed": "failed",
}


def markdown(document: Rollout) -> str:
    """The whole record as Markdown."""
    parts = [
        _head(document),
        _plans(document),
        _preflight(document),
        _gate(document),
        _shadow(document),
        _canary(document),
        _look(document),
        _left(document),
        _events(document),
        _rests_on(document),
    ]
    return "\n".join(line for part in parts for line in part)


def _head(document: Rollout) -> Iterator[str]:
    yield f"# {document.route}: {document.control} → {document.candidate}"
    yield ""
    decision = document.decision
    if decision is None:
        yield f"**{document.state}**{' (paused)' if document.paused is not None else ''}, not decided yet."
    else:
        yield f"**{_TITLES.get(decision.state, decision.state)}** on {_time(decision.time)}: {_text(decision.why)}"
    yield ""
    options = document.options
    yield from _table(
        ("", ""),
        [
            ("rollout", document.id),
            ("ordered by", document.who),
            ("why", document.why or "no reason was given"),
            ("on", _time(document.created)),
            ("steps", ", ".join(f"{step:g}%" for step in options.steps)),
            ("alpha", f"{options.alpha:g} for the whole rollout"),
            ("looked at", ", ".join(document.measures)),
            ("a step's dose", f"{options.min_units:,} units and {options.step_minutes:g} minutes"),
            ("at most", f"{options.max_hours:g} hours"),
            ("Ajar", document.version),
        ],
    )


def _plans(document: Rollout) -> Iterator[str]:
    yield from _heading("Before and after")
    plans = [("before", document.before)] + ([("after", document.after)] if document.after else [])
    rows = [(name, *_plan(plan)) for name, plan in plans]
    if document.decision is not None and document.after is None:
        rows.append(("after", *_plan(document.before)))
    yield from _table(("", "primary", "fallback", "revision", "route's table", "config"), rows)
    yield ""
    yield "The route's table in the file:"
    yield ""
    yield from _fence(document.table)


def _plan(plan: Plan) -> tuple[str, str, str, str, str]:
    fallback = ", ".join(plan.fallback) or "none"
    return plan.primary, fallback, str(plan.revision), f"`{plan.table_digest}`", f"`{plan.config_hash}`"


def _preflight(document: Rollout) -> Iterator[str]:
    if document.preflight:
        yield from _heading("Preflight")
        yield from _table(("", "", ""), [(one.name, one.verdict, one.why) for one in document.preflight])


def _gate(document: Rollout) -> Iterator[str]:
    gate = document.gate
    if gate is None:
        return
    yield from _heading("Gate")
    yield f"**{gate.verdict}** {_text(gate.why)}".rstrip()
    if gate.file is not None:
        yield ""
        yield f"File `{gate.file}`, SHA-256 `{gate.file_sha256}`."
    decisions = gate.decisions
    if decisions:
        yield ""
        rows = [[str(one.get(key, "")) for key in ("suite", "metric", "margin", "verdict", "why")] for one in decisions]
        yield from _table(("suite", "metric", "margin", "verdict", "why"), rows)


def _shadow(document: Rollout) -> Iterator[str]:
    shadow = document.shadow
    if shadow is None:
        return
    yield from _heading("Shadow")
    yield f"**{shadow.verdict}** {_text(shadow.why)}".rstrip()
    if shadow.verdict == "skipped":
        return
    cost = "" if shadow.cost_usd is None else f" They cost ${shadow.cost_usd:.4g}."
    evidence = "" if shadow.at is None else f" Evidence that copies are worse: {shadow.e:.4g} of {shadow.at:.4g}."
    yield ""
    yield f"{shadow.copies:,} copies, {shadow.pairs:,} pairs, {shadow.incomplete:,} without a pair.{cost}{evidence}"
    if shadow.standings:
        yield ""
        rows = [
            (one.name, f"{one.pairs:,}", _number(one.live_mean), _number(one.copy_mean), f"{one.e:.4g}")
            for one in shadow.standings
        ]
        yield from _table(("measure", "pairs", "live", "copy", "evidence"), rows)


def _canary(document: Rollout) -> Iterator[str]:
    if not document.steps:
        return
    yield from _heading("Canary")
    header = ("step", "share", "from", "to", "control units", "candidate units", "epochs", "last look", "ended")
    yield from _table(header, [_step(number, step) for number, step in enumerate(document.steps, 1)])
    if document.crashes:
        yield ""
        yield from (
            f"- {_time(note.time)}: {document.candidate} crashed in step {note.step}" for note in document.crashes
        )


def _step(number: int, step: Step) -> tuple[str, ...]:
    first, last = step.epochs[0], step.epochs[-1]
    return (
        str(number),
        f"{step.percent:g}%",
        _time(first.began),
        "" if last.ended is None else _time(last.ended),
        f"{sum(epoch.control_units for epoch in step.epochs):,}",
        f"{sum(epoch.candidate_units for epoch in step.epochs):,}",
        ", ".join(str(epoch.number) for epoch in step.epochs),
        "" if step.look is None else str(step.look),
        step.why,
    )


def _look(document: Rollout) -> Iterator[str]:
    look = document.look
    if look is None:
        return
    yield from _heading(f"Look {document.looks}, the last one")
    yield f"Epoch {look.epoch} at {look.percent:g}%. All looks are in `looks.jsonl` beside this file."
    yield ""
    ratio = look.sample_ratio
    said = "MISMATCH: nothing can be compared" if ratio.mismatch else "as was meant"
    to = f"{ratio.control:,} to the control, {ratio.candidate:,} to the candidate"
    yield f"Assigned: {to} ({said}, p = {ratio.p_value:.3g})."
    yield ""
    header = ("measure", "role", "control", "candidate", "difference", "interval", "worse", "not worse by the margin")
    yield from _table(header, [_standing(one) for one in look.standings])


def _standing(one: Standing) -> tuple[str, ...]:
    interval = "" if one.low is None and one.high is None else f"{_number(one.low)} … {_number(one.high)}"
    return (
        one.name,
        one.role,
        f"{_number(one.control_mean)} ({one.control_n:,})",
        f"{_number(one.candidate_mean)} ({one.candidate_n:,})",
        _number(one.difference),
        interval,
        _evidence(one.rollback_e, one.rollback_at, one.harmful),
        _evidence(one.promote_e, one.promote_at, one.proven),
    )


def _evidence(e: float | None, at: float | None, reached: bool) -> str:
    if e is None or at is None:
        return ""
    return f"{e:.4g} of {at:.4g}{' **reached**' if reached else ''}"


def _left(document: Rollout) -> Iterator[str]:
    left = document.left
    if not left.inferences:
        return
    yield from _heading("What is not in the comparison")
    yield f"- {left.without_unit:,} of {left.inferences:,} inferences had no unit: they went to the control"
    for name, of, elsewhere in (
        (document.control, left.control_inferences, left.control_elsewhere),
        (document.candidate, left.candidate_inferences, left.candidate_elsewhere),
    ):
        share = f" ({elsewhere / of:.1%})" if of else ""
        yield f"- of {of:,} inferences assigned to {name}, another deployment answered {elsewhere:,}{share}"
    yield f"- {left.late_feedback:,} values of feedback came too late"
    yield f"- {left.stragglers:,} units were assigned by a worker that had not heard of the newer epoch yet"
    yield f"- {left.pending_units:,} units were still waiting for their time to be over"


def _events(document: Rollout) -> Iterator[str]:
    yield from _heading("What happened")
    rows = [(_time(event.time), event.kind, event.by, event.why) for event in document.events]
    yield from _table(("when (UTC)", "what", "by", "why"), rows)
    if document.revisions:
        yield from _heading("Revisions of the route")
        revisions = [(str(one.number), _time(one.time), one.primary, one.why) for one in document.revisions]
        yield from _table(("number", "when (UTC)", "primary", "why"), revisions)


def _rests_on(document: Rollout) -> Iterator[str]:
    decision = document.decision
    if decision is None:
        yield ""
        return
    yield from _heading("What the decision rests on")
    if decision.look is not None:
        yield f"Look {decision.look}."
        yield ""
    rows = [(f"`{name}`", f"`{digest}`") for name, digest in sorted(decision.rests_on.items())]
    yield from _table(("file", "SHA-256"), rows)
    yield ""
    yield "`ajar audit verify` tells whether this record is as it was written."
    yield ""


def _heading(text: str) -> tuple[str, str, str]:
    return "", f"## {text}", ""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(_text(cell) for cell in row)} |"


def _fence(value: Any) -> Iterator[str]:
    yield "```json"
    yield msgspec.json.format(msgspec.json.encode(value), indent=2).decode().replace("```", "` ` `")
    yield "```"


def _text(value: str) -> str:
    """In one line of a table: what people and models wrote must not become Markdown or HTML of its own."""
    line = " ".join(value.split()).replace("\\", "\\\\").replace("|", "\\|")
    return line.replace("<", "&lt;").replace("[", "\\[").replace("](", "]\\(")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _time(micros: int) -> str:
    return f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M:%S}"
