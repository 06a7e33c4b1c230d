"""JUnit XML, as CI systems show it: what the gate decided, and every case of the candidate that it missed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import escape, quoteattr

from ajar.evals.metrics import unit
from ajar.evals.reports.answers import answer
from ajar.evals.reports.flip import failed
from ajar.evals.reports.margin import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ajar.evals.result import Decision, Gate, Result
    from ajar.evals.sample import Sample
    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.suite import Suite

LISTED = 10_000
"""As many samples are listed. Of a larger run those that passed are left out, and told as a number."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_TEXT = 4_000

Outcome = Literal["failures", "errors", "skipped"]
Counts = dict[Outcome, int]
_TAGS: dict[Outcome, str] = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def render(result: Result, suite: Suite | None = None, samples: Iterable[Sample] = ()) -> str:
    """One test suite for the gate, with a test for each decision, and one for the candidate's samples.

    With a gate, it alone decides what fails: a case that the candidate misses is told as skipped, with its reason,
    since a model that misses some cases is not a broken build. Without one such a case fails. A sample that could not
    be answered or judged is an error with either. INCONCLUSIVE is a failure, since the command does not exit with 0.
    Samples stand in the order of the suite; of a run of more than `LISTED` only those that did not pass are there.
    """
    parts = [_gate(result.gate.decisions)] if result.gate is not None else []
    if suite is not None:
        parts.append(_samples(result, suite, samples))
    return _document(parts)


def decided(gate: Gate) -> str:
    """A gate's decisions alone, with a test for each."""
    return _document([_gate(gate.decisions)])


def _document(parts: Iterable[str]) -> str:
    return "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="ajar">', *parts, "</testsuites>", ""]
    )


def _gate(decisions: Iterable[Decision]) -> str:
    cases: list[str] = []
    counts: Counts = {"failures": 0, "errors": 0, "skipped": 0}
    for decision in decisions:
        inner = ""
        if decision.verdict != "PASS":
            kind: Outcome = "errors" if decision.verdict == "COULD NOT RUN" else "failures"
            counts[kind] += 1
            inner = _outcome(kind, decision.verdict, decision.why, decision.why)
        name = f"{decision.metric} may be worse by less than {words(decision.margin, unit(decision.metric))}"
        cases.append(_case("ajar.gate." + decision.suite, name, inner))
    return _suite("gate", cases, counts, {})


def _samples(result: Result, suite: Suite, samples: Iterable[Sample]) -> str:
    arm = result.arms["candidate"]
    passed: list[tuple[int, int, str]] = []
    others: list[tuple[int, int, str]] = []
    counts: Counts = {"failures": 0, "errors": 0, "skipped": 0}
    total = 0
    for sample in samples:
        if sample.arm != "candidate":
            continue
        total += 1
        name = sample.id if result.about.repeats == 1 else f"{sample.id} (repeat {sample.repeat + 1})"
        kind, inner = _judged(sample, suite.scorers(sample.case), gated=result.gate is not None)
        if kind is None:
            held = passed
        else:
            counts[kind] += 1
            held = others
        if len(held) < LISTED:
            seconds = sample.answer.latency_ms / 1000 if sample.answer is not None else 0.0
            written = _case(f"ajar.{result.about.suite}.{arm.target}", name, inner, seconds)
            held.append((sample.case, sample.repeat, written))
    listed = [written for _, _, written in sorted(others + (passed if total <= LISTED else []))]
    facts = {"samples": total, "listed": len(listed), "seed": result.about.seed, "digest": result.about.suite_digest}
    return _suite(f"{result.about.suite} on {arm.target}", listed, counts, facts)


def _judged(sample: Sample, scorers: Mapping[str, Scorer], *, gated: bool) -> tuple[Outcome | None, str]:
    """Under what a sample counts, and what its test contains."""
    if sample.error is not None:
        return "errors", _outcome("errors", sample.error.code, sample.error.message, sample.error.message)
    for name, score in sample.scores.items():
        if score.value is None:
            return "errors", _outcome("errors", f"check_{name}", score.why, answer(sample))
    missed = failed(sample, scorers)
    if not missed:
        return None, ""
    told = "; ".join(f"{name} {sample.scores[name].value:g} {sample.scores[name].why}".strip() for name in missed)
    if gated:
        return "skipped", f"<skipped message={_attribute(f'not passed: {told}')}/>"
    return "failures", _outcome("failures", ", ".join(missed), told, answer(sample))


def _suite(name: str, cases: list[str], counts: Counts, facts: Mapping[str, object]) -> str:
    # The counts are those of the whole run, also where not every sample is listed.
    tests = max(len(cases), int(str(facts.get("samples", 0))))
    numbers = " ".join(f'{key}="{number}"' for key, number in counts.items())
    told = "".join(f"<property name={_attribute(key)} value={_attribute(str(fact))}/>" for key, fact in facts.items())
    head = f'<testsuite name={_attribute(name)} tests="{tests}" {numbers}>'
    properties = [f"<properties>{told}</properties>"] if told else []
    return "\n".join([head, *properties, *cases, "</testsuite>"])


def _case(group: str, name: str, inner: str, seconds: float = 0.0) -> str:
    head = f'<testcase classname={_attribute(group)} name={_attribute(name)} time="{seconds:.3f}"'
    return f"{head}>{inner}</testcase>" if inner else f"{head}/>"


def _outcome(kind: Outcome, code: str, message: str, text: str) -> str:
    body = escape(_legal(text[:_MOST_TEXT]))
    tag = _TAGS[kind]
    return f"<{tag} type={_attribute(code)} message={_attribute(message)}>{body}</{tag}>"


def _attribute(text: str) -> str:
    """Quoted; line ends are kept as references, which XML would turn into spaces."""
    return quoteattr(_legal(text[:_MOST_TEXT]), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _legal(text: str) -> str:
    """What XML 1.0 cannot hold becomes the replacement character."""
    return _ILLEGAL.sub("\ufffd", text)
