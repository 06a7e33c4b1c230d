"""The lines of docs/faults.md: what was measured, in short words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from faults.matrix import Run
    from faults.outcome import Outcome

HEAD = (
    "| fault | asked for | no fallback | fallback, metered primary | fallback, own primary | attempt's error | billed "
    "without a fallback |",
    "| --- | --- | --- | --- | --- | --- | --- |",
)


def lines(run: Run) -> list[str]:
    """Those of a fault: one, or two where whole answers and streams fare differently."""
    found = {stream: _line([each for each in run.outcomes if each.cell.stream == stream]) for stream in (False, True)}
    whole, streamed = found[False], found[True]
    if whole == streamed:
        return [f"| {run.fault.name} | either | {whole} |"]
    rows = (("whole", whole), ("stream", streamed))
    return [f"| {run.fault.name} | {asked} | {line} |" for asked, line in rows if line]


def _line(outcomes: list[Outcome]) -> str:
    if not outcomes:
        return ""
    without = [each for each in outcomes if each.cell.fallback is None]
    columns = [
        _by_owner(without, _seen_alone),
        _words(_seen(each) for each in outcomes if each.cell.fallback is not None and not each.cell.own),
        _words(_seen(each) for each in outcomes if each.cell.fallback is not None and each.cell.own),
        _codes(outcomes),
        _words(map(_billed, without)),
    ]
    wrong = sum(bool(each.wrong()) for each in outcomes)
    if wrong:
        columns[0] += f" ({wrong} of {len(outcomes)} cells **wrong**)"
    return " | ".join(columns)


def _by_owner(outcomes: list[Outcome], word: Callable[[Outcome], str]) -> str:
    metered, own = (_words(word(each) for each in outcomes if each.cell.own == kind) for kind in (False, True))
    return metered if own in (metered, "–") else f"{metered}; own: {own}"


def _seen(outcome: Outcome) -> str:
    saw = outcome.saw
    if outcome.cell.failure.kind == "lost" and not outcome.cell.own:
        return "the fallback's answer if nothing was sent, else 502"
    if saw.kind == "answer":
        return "the fallback's answer" if outcome.fallback else "the answer"
    if saw.kind == "broken":
        return "text, then the error event" if outcome.cell.failure.said != "" else "the error event"
    if saw.kind == "error":
        return " or ".join(map(str, outcome.cell.failure.statuses if outcome.cell.fault.unsure else (saw.status,)))
    return saw.kind


def _seen_alone(outcome: Outcome) -> str:
    """With the number of attempts, where that is more than one."""
    number = len(outcome.attempts) if outcome.records else 0
    if outcome.cell.failure.kind == "lost":
        return _seen(outcome) if outcome.cell.own else "502"
    return _seen(outcome) + (", asked twice" if number > 1 else "")


def _codes(outcomes: list[Outcome]) -> str:
    if outcomes[0].cell.fault.unsure:
        found = set(outcomes[0].cell.failure.codes)
    else:
        found = {code for each in outcomes if each.records for _, code in each.attempts if code}
    return ", ".join(f"`{code}`" for code in sorted(found)) or "–"


def _billed(outcome: Outcome) -> str:
    usage = outcome.records[0].get("usage") if outcome.records else None
    return f"{usage['input_tokens']} in, {usage['output_tokens']} out" if usage else "nothing"


def _words(found: Iterable[str]) -> str:
    return " / ".join(sorted(set(found))) or "–"
