"""One rollout in a few lines: where it is, what the evidence says, and what can be done."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from ajar.cli import terminal
from ajar.cli.swap import words
from ajar.cli.swap.labels import labels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from ajar.cli.swap.labels import Label
    from ajar.cli.swap.shelf import Moment
    from ajar.evidence.live.look import Standing
    from ajar.rollout.document import Rollout

_STATES = {"rolled_back": "rolled back", "inconclusive": "INCONCLUSIVE"}


def show(out: Console, document: Rollout, last: Moment | None, now: int, state_dir: Path) -> None:
    """Print all of it."""
    out.print(Text(title(document), style="bold"))
    terminal.line(out, stage(document, now), indent=2)
    if document.look is not None:
        out.print()
        out.print(standings(document))
        out.print()
    rows = [*facts(document, last, now), ("Record", str(state_dir / "rollouts" / document.id / "record.md"))]
    out.print(terminal.table("", "", rows=rows, indent=2))
    out.print()
    out.print(terminal.table("", "", rows=commands(document), indent=2))


def title(document: Rollout) -> str:
    """The swap in one line."""
    return f"{document.route}: {document.control} → {document.candidate}"


def stage(document: Rollout, now: int) -> str:
    """Where it is, and since when."""
    decision = document.decision
    if decision is not None:
        state = _STATES.get(decision.state, decision.state)
        return f"{state} on {words.clock(decision.time)} UTC (exit code {decision.exit_code}): {decision.why}"
    said = f"{_stage(document)}, for {words.span(now - _since(document))}{_reading(document, now)}"
    if document.paused is None:
        return said
    what = f"{document.control} has all requests"
    return f"PAUSED for {words.span(now - document.paused)} in {_stage(document)}: {what}{_reading(document, now)}"


def _reading(document: Rollout, now: int) -> str:
    if document.read_to is None:
        return ""
    began = document.traffic_began or document.created
    known = words.share(min(max(document.read_to - began, 0), now - began), now - began)
    return f"; after a restart it reads its records again ({known}), and decides nothing before it has"


def _stage(document: Rollout) -> str:
    step = document.step
    match document.state:
        case "gate" if document.options.gate is not None:
            return f"gate {document.options.gate}"
        case "shadow" if document.shadow is not None:
            return f"shadow, {document.shadow.pairs:,} of {words.count(document.options.shadow_min, 'pair')}"
        case "canary" if step is not None:
            whole = len(document.options.steps)
            return f"canary, step {len(document.steps)} of {whole} ({words.percent(step.percent)})"
        case _:
            return document.state


def _since(document: Rollout) -> int:
    step = document.step
    if document.state == "canary" and step is not None and step.epochs:
        return step.epochs[0].began
    states = [event.time for event in document.events if event.kind == document.state]
    return states[-1] if states else document.created


def standings(document: Rollout) -> object:
    """The table of all measures at the last look."""
    assert document.look is not None
    named = labels(document)
    rows = [row(one, named) for one in document.look.standings]
    columns = ("Metric", "Control", "Candidate", "Difference", "Harm", "As good")
    return terminal.table(*columns, rows=rows, indent=2, numbers={1, 2})


def row(one: Standing, named: dict[str, Label]) -> tuple[str, ...]:
    """A measure's cells: its name, both means, their difference, and both kinds of evidence."""
    name = named[one.name].name if one.name in named else one.name
    apart = words.difference(one, one.difference)
    between = words.interval(one)
    return (
        f"{name} (primary)" if one.role == "primary" else name,
        words.mean(one, one.control_mean),
        words.mean(one, one.candidate_mean),
        f"{apart} ({between})" if between else apart,
        words.evidence(one.rollback_e, one.rollback_at) + (" REACHED" if one.harmful else ""),
        words.evidence(one.promote_e, one.promote_at) + (" proven" if one.proven else ""),
    )


def facts(document: Rollout, last: Moment | None, now: int) -> Iterator[tuple[str, str]]:
    """What else there is to know, each with a word for it."""
    yield "Rollout", f"{document.id}, by {document.who} on {words.clock(document.created)} UTC{_why(document)}"
    if document.look is not None:
        yield "Units", _units(document)
        ratio = document.look.sample_ratio
        if ratio.mismatch:
            yield "MISMATCH", f"units do not go where they should (p = {ratio.p_value:.2g}): nothing can be compared"
    left = document.left
    if left.inferences:
        without = words.share(left.without_unit, left.inferences)
        yield "No unit", f"{without} of the requests: they go to {document.control} and tell nothing"
        theirs = words.share(left.candidate_elsewhere, left.candidate_inferences)
        ours = words.share(left.control_elsewhere, left.control_inferences)
        yield "Elsewhere", f"another deployment answered {theirs} of the candidate's requests, {ours} of the control's"
    failed = [one for one in document.preflight if one.verdict in ("fail", "warning")]
    for one in failed:
        yield "Preflight", f"{one.verdict}: {one.name}: {one.why}"
    if document.gate is not None:
        yield "Gate", f"{document.gate.verdict}{_because(document.gate.why)}"
    if document.shadow is not None:
        yield "Shadow", _shadow(document)
    if document.crashes:
        yield "Crashes", f"{document.candidate} crashed {words.count(len(document.crashes), 'time')}"
    if document.decision is None and last is not None:
        word = last.seen.decision.replace("_", " ")
        yield "Last look", f"{words.span(now - last.time)} ago: {word}: {last.seen.why}"


def _why(document: Rollout) -> str:
    return f": {document.why}" if document.why else ""


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _units(document: Rollout) -> str:
    look = document.look
    assert look is not None
    said = f"{look.candidate_units:,} of the candidate and {look.control_units:,} of the control at this share"
    if document.decision is None and len(document.steps) < len(document.options.steps):
        least = document.options
        said += f"; the step takes {least.min_units:,} of the candidate, and {least.step_minutes:g} min"
    pending = document.left.pending_units
    return f"{said}; {pending:,} wait for their time to be over" if pending else said


def _shadow(document: Rollout) -> str:
    shadow = document.shadow
    assert shadow is not None
    if shadow.verdict == "skipped":
        return f"skipped{_because(shadow.why)}"
    said = f"{shadow.verdict}: {shadow.pairs:,} of {words.count(document.options.shadow_min, 'pair')}"
    if shadow.at is not None:
        said += f", evidence of harm {words.evidence(shadow.e, shadow.at)}"
    if shadow.cost_usd:
        said += f", ${shadow.cost_usd:,.2f} ({shadow.today_usd:,.2f} of {document.options.shadow_daily_usd:,.2f} today)"
    return said


def commands(document: Rollout) -> Iterator[tuple[str, str]]:
    """What can be done now."""
    name = called(document.route)
    if document.state == "promoted":
        yield f"ajar swap write {name}", "put the result into the config file"
        # By its name, which is right also once the result is in the file.
        yield f"ajar rollback {name} --to {called(document.control)}", f"back to {document.control}, now"
    if document.ended:
        yield "ajar audit verify", "is the record as it was written?"
        return
    yield f"ajar swap watch {name}", "the evidence as it grows"
    if document.paused is None:
        yield f"ajar swap pause {name}", f"{document.control} gets all requests, until it goes on"
    else:
        yield f"ajar swap resume {name}", "go on"
    yield f"ajar swap abort {name}", f"end it: {document.control} stays"


def called(name: str) -> str:
    """A route or deployment as it is written in a command: one in quotes where a shell needs them."""
    return shlex.quote(name)
