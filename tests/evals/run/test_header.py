from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ajar.domain.ids import uuid7_millis
from ajar.errors import StateError
from ajar.evals.run.header import Header, header, refuse_other
from ajar.evals.run.options import RunOptions
from evals.run.small import Small, arms, target

ARMS = arms("http://127.0.0.1:1/v1", both=True)
BEGUN = header(Small(), "small.yaml", ARMS, RunOptions())


def test_a_header_tells_what_is_asked_of_whom_but_no_key() -> None:
    keyed = {"candidate": target("http://host/v1", key="sk-hidden"), "baseline": None}
    judge = target("http://host/v1", "j", key="sk-other")
    made = header(Small(5), "small.yaml", keyed, RunOptions(repeats=2, seed=7, judge=judge))  # type: ignore[arg-type]
    text = msgspec.json.encode(made)
    assert b"sk-" not in text
    assert msgspec.json.decode(text, type=Header) == made
    assert (made.cases, made.repeats, made.seed, made.total) == (5, 2, 7, 10)
    assert uuid7_millis(made.run) > 1_700_000_000_000


def test_the_same_again_may_go_on_from_wherever_the_suite_is_now() -> None:
    refuse_other(BEGUN, header(Small(), "moved/small.yaml", ARMS, RunOptions(max_concurrency=1, retries=9)))


def test_what_holds_again_when_it_goes_on_is_kept_and_refuses_nothing() -> None:
    more = header(
        Small(), "s", ARMS, RunOptions(), gate={"passed": 0.03}, confidence=0.9, keys={"candidate": "KEY"}, allow=["m"]
    )
    read = msgspec.json.decode(msgspec.json.encode(more), type=Header)
    assert (read.gate, read.confidence, read.keys, read.allow) == ({"passed": 0.03}, 0.9, {"candidate": "KEY"}, ("m",))
    refuse_other(more, BEGUN)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"suite": Small(21)}, "content of the suite (was 14, is 15)"),
        ({"options": RunOptions(seed=3)}, "seed (was 0, is 3)"),
        ({"options": RunOptions(repeats=2)}, "repeats (was 1, is 2)"),
        ({"options": RunOptions(judge=target("http://h/v1", "j"))}, "judge (was none, is j)"),
        ({"arms": {**ARMS, "baseline": None}}, "baseline (was old, is none)"),
        (
            {"arms": {**ARMS, "candidate": target("http://127.0.0.1:2/v1", "new")}},
            "base_url of the candidate (was http",
        ),
        ({"arms": {**ARMS, "baseline": target("http://127.0.0.1:1/v1", "old", prices={})}}, "prices of the baseline"),
    ],
)
def test_anything_else_is_refused_and_named(changes: dict[str, Any], told: str) -> None:
    now = header(
        changes.get("suite", Small()), "small.yaml", changes.get("arms", ARMS), changes.get("options", RunOptions())
    )
    with pytest.raises(StateError) as caught:
        refuse_other(BEGUN, now)
    assert told in caught.value.message
    assert "or start a new run" in caught.value.message
