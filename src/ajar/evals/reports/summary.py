"""The first thing to be read: what came out, why, and the numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from ajar.evals.metrics import unit
from ajar.evals.reports.digits import level, of_metric, of_numbers
from ajar.evals.reports.forest import WORDS, reading
from ajar.evals.reports.margin import words
from ajar.evals.reports.plain import title
from ajar.evals.result import Verdict

if TYPE_CHECKING:
    from ajar.evals.result import Decision, Metric, Result, Timing

Tone = Literal["good", "bad", "unsure", "plain"]

TONES: dict[Verdict, Tone] = {"PASS": "good", "FAIL": "bad", "INCONCLUSIVE": "unsure", "COULD NOT RUN": "unsure"}


class Figure(msgspec.Struct, frozen=True):
    """One large number: what it is, the number, and what must be known beside it."""

    label: str
    number: str
    beside: str
    tone: Tone = "plain"


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """A gate's decision as a row."""

    demand: str
    margin: str
    difference: str
    interval: str
    verdict: Verdict
    tone: Tone
    why: str


class Summary(msgspec.Struct, frozen=True):
    """The head of a report."""

    word: str
    tone: Tone
    why: str
    figures: list[Figure]
    rulings: list[Ruling]
    """Of a gate with more than one decision."""


def summary(result: Result, timing: Timing) -> Summary:
    """With a gate its verdict, else what the first metric says."""
    first = result.metrics[0] if result.metrics else None
    figures = _figures(result, first) if first is not None else []
    if result.gate is not None:
        rulings = _rulings(result, timing, result.gate.decisions)
        verdict = result.gate.verdict
        why = _sentence(_why(rulings, verdict))
        return Summary(verdict, TONES[verdict], why, figures, rulings if len(rulings) > 1 else [])
    if first is None:
        return Summary("Nothing judged", "unsure", "No sample could be judged: see the errors below.", [], [])
    # A single number stands in the banner already.
    return Summary(*_without_gate(result, first), figures if len(figures) > 1 else [], [])


def _sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _why(rulings: list[Ruling], verdict: Verdict) -> str:
    """The sentence of the decision that decided; of several that did, how many."""
    if not rulings:
        return "No decision was asked for."
    if verdict == "PASS" and len(rulings) > 1:
        return f"Each of the {len(rulings)} demands holds."
    deciding = [ruling for ruling in rulings if ruling.verdict == verdict]
    why = deciding[0].why if deciding else rulings[0].why
    if len(rulings) == 1:
        return why
    return f"{len(deciding)} of {len(rulings)} demands. The first, {deciding[0].demand}: {why[:1].lower()}{why[1:]}"


def _without_gate(result: Result, metric: Metric) -> tuple[str, Tone, str]:
    digits = of_metric(metric)
    compared = metric.comparison
    sure = level(result.about.confidence)
    if compared is None:
        found = metric.candidate
        if found is None:
            return "Nothing to compare", "unsure", "The two models have no judged case in common."
        interval = digits.interval(found.low, found.high, signed=False)
        why = _sentence(f"{title(metric.name)}, {sure} interval {interval}. {_no_gate()}")
        return digits.value(found.mean), "plain", why
    state = reading(compared, metric.better)
    tones: dict[str, Tone] = {"better": "good", "worse": "bad"}
    interval = digits.interval(compared.low, compared.high, signed=True)
    said = {
        "better": "The candidate is better",
        "worse": "The candidate is worse",
        "same": "Both models have the same value in every case",
    }.get(state, _sentence(compared.limited or "the candidate may be better or worse")[:-1])
    by = digits.difference(compared.difference, unit=True)
    why = f"{said}: {by} on {title(metric.name)} ({sure} interval {interval}). {_no_gate()}"
    return WORDS[state].capitalize(), tones.get(state, "unsure"), why


def _no_gate() -> str:
    return "No gate was asked for."


def _figures(result: Result, metric: Metric) -> list[Figure]:
    digits = of_metric(metric)
    name = title(metric.name)
    figures: list[Figure] = []
    for arm, found in (("candidate", metric.candidate), ("baseline", metric.baseline)):
        if found is None:
            continue
        target = next(known.target for key, known in result.arms.items() if key == arm)
        interval = digits.interval(found.low, found.high, signed=False)
        figures.append(Figure(f"{target} · {name}", digits.value(found.mean), f"{arm}, {interval}"))
    compared = metric.comparison
    if compared is None:
        return figures
    state = reading(compared, metric.better)
    tones: dict[str, Tone] = {"better": "good", "worse": "bad"}
    interval = digits.interval(compared.low, compared.high, signed=True)
    by = digits.difference(compared.difference, unit=True)
    figures.append(Figure("difference", by, f"{interval}, {WORDS[state]}", tones.get(state, "plain")))
    told = f"of {compared.n:,} cases, {compared.ties:,} the same"
    won, lost = (compared.wins, compared.losses) if metric.better == "up" else (compared.losses, compared.wins)
    figures.append(Figure("cases better · worse", f"{won:,} · {lost:,}", told))
    return figures


def _rulings(result: Result, timing: Timing, decisions: list[Decision]) -> list[Ruling]:
    metrics = {metric.name: metric for metric in (*result.metrics, *timing.metrics)}
    alone = all(decision.suite == result.about.suite for decision in decisions)
    return [
        _ruling(
            decision,
            metrics.get(decision.metric) if decision.suite == result.about.suite else None,
            alone=alone,
        )
        for decision in decisions
    ]


def _ruling(decision: Decision, metric: Metric | None, *, alone: bool) -> Ruling:
    """A decision written out; `alone` where all are of one suite, which then need not be told."""
    # A metric of another suite is not in this result: its digits follow from its own numbers.
    compared = decision.comparison
    ends = [] if compared is None else [compared.difference, compared.low, compared.high]
    digits = of_numbers(unit(decision.metric), ends) if metric is None else of_metric(metric)
    name = title(decision.metric)
    return Ruling(
        demand=name if alone else f"{decision.suite} · {name}",
        margin=words(decision.margin, unit(decision.metric)),
        difference="" if compared is None else digits.difference(compared.difference, unit=True),
        interval="" if compared is None else digits.interval(compared.low, compared.high, signed=True),
        verdict=decision.verdict,
        tone=TONES[decision.verdict],
        why=_sentence(decision.why),
    )


def headline(result: Result) -> str:
    """The title of the page and its file's window."""
    names = [arm.target for arm in result.arms.values()]
    return " against ".join(names) + f" on {result.about.suite}"
