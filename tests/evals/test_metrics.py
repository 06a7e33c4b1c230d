"""What a sample's numbers are."""

from __future__ import annotations

from ajar.domain.usage import Usage
from ajar.evals.answer import Answer
from ajar.evals.metrics import better, numbers, unit, unjudged
from ajar.evals.sample import Sample
from ajar.evals.score import Score
from ajar.evals.scorers.registry import build
from evals.hand import failure, sample

SCORERS = {"a": build("exact", allow=()), "b": build({"scorer": "similarity"}, allow=())}


def of(**scores: Score) -> dict[str, float]:
    given = Sample(case=0, id="x", arm="candidate", repeat=0, answer=Answer(latency_ms=5.0), scores=scores)
    return dict(numbers(given, SCORERS))


def test_passed_is_every_check_at_its_threshold() -> None:
    assert of(a=Score(1.0), b=Score(0.8))["passed"] == 1.0
    assert of(a=Score(1.0), b=Score(0.79))["passed"] == 0.0
    assert of(a=Score(0.0), b=Score(1.0))["passed"] == 0.0


def test_parts_and_measures() -> None:
    found = of(a=Score(0.5, fields={"x": 1.0, "y.z": 0.0}))
    assert found == {"a": 0.5, "a.x": 1.0, "a.y.z": 0.0, "passed": 0.0, "latency_ms": 5.0}


def test_what_cannot_be_judged_has_neither_passed_nor_failed() -> None:
    assert of(a=Score(None, "no"), b=Score(1.0)) == {"b": 1.0, "latency_ms": 5.0}
    assert unjudged(sample(0, "candidate", None)) == "check_right"
    assert unjudged(sample(0, "candidate", 0.0)) is None


def test_a_failure_has_no_numbers() -> None:
    assert list(numbers(failure(0, "candidate"), SCORERS)) == []
    assert unjudged(failure(0, "candidate", "timeout")) == "timeout"


def test_a_suite_without_checks_measures_all_the_same() -> None:
    assert of() == {"latency_ms": 5.0}


def test_what_was_not_said_is_no_number() -> None:
    given = sample(0, "candidate", usage=Usage(output_tokens=0))
    found = dict(numbers(given, {"right": SCORERS["a"]}))
    assert "input_tokens" not in found
    assert "cost_usd" not in found
    assert found["output_tokens"] == 0.0


def test_nonsense_is_no_number() -> None:
    given = sample(0, "candidate", usage=Usage(output_tokens=10**30, input_tokens=-1))
    assert not {"output_tokens", "input_tokens"} & set(dict(numbers(given, {"right": SCORERS["a"]})))


def test_units_and_directions() -> None:
    assert (unit("cost_usd"), better("cost_usd")) == ("USD", "down")
    assert (unit("a.x"), better("a.x")) == ("share", "up")
