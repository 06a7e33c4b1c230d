"""The e-process of two shares, beside published numbers and all outcomes."""

from __future__ import annotations

import math
from itertools import product

import pytest

from ajar.evidence.live.two_by_two import TwoByTwo


def run(a: str, b: str) -> list[float]:
    test, found = TwoByTwo(1, 1), []
    for one, other in zip(a, b, strict=True):
        test.add(int(one), int(other))
        found.append(math.exp(test.log_evidence))
    return found


# As calculateSequential2x2E of the R package safestats has it.
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("11111", "00000", [1, 3.011246, 10.277682, 36.823990, 135.384958]),
        (
            "1011011110",
            "0010001000",
            [1, 0.459343, 0.210996, 0.355278, 0.280520, 0.537878, 0.369379, 0.731874, 1.599782, 1.143273],
        ),
    ],
)
def test_published(a: str, b: str, expected: list[float]) -> None:
    assert [round(each, 6) for each in run(a, b)] == expected


@pytest.mark.parametrize(("controls", "blocks"), [(1, 1), (1, 4), (3, 1), (3, 3)])
def test_equal_chances_make_no_evidence_on_average(controls: int, blocks: int) -> None:
    outcomes = list(product((0, 1), range(controls + 1)))
    largest = 0.0
    for theta in [step / 20 for step in range(21)]:
        mean = 0.0
        for sequence in product(outcomes, repeat=blocks):
            test, likely = TwoByTwo(1, controls), 1.0
            for ours, theirs in sequence:
                test.add(ours, theirs)
                k = ours + theirs
                likely *= math.comb(controls, theirs) * theta**k * (1 - theta) ** (1 + controls - k)
            mean += likely * math.exp(test.log_evidence)
        largest = max(largest, mean)
    assert 0.99 < largest <= 1 + 1e-12
