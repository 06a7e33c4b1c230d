"""`ajar eval plan`: what it says, and what it will not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.evidence.power import shares_needed
from evals.run.chat import Asked, Chat, Said, completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.conftest import Ran

CASES = 60


def script(asked: Asked) -> Said:
    """`poor` is right in half of the cases, all others always; answers differ in length."""
    number = int(asked.text.split()[-1])
    right = asked.body["model"] != "poor" or number % 2
    return Said(body=completion("yes" if right else "no", tokens=1 + number % 7))


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat(script) as server:
        yield server


@pytest.fixture
def ran(ajar: Callable[..., Ran], chat: Chat, here: Path) -> Callable[[str, str], None]:
    """Runs one model against another."""
    cases = "".join(f"  - {{input: question {number}, target: yes}}\n" for number in range(CASES))
    (here / "s.yaml").write_text(f"suite: s\nchecks: {{right: exact}}\ncases:\n{cases}")

    def run(on: str, against: str) -> None:
        done = ajar("eval", "s.yaml", "--on", on, "--against", against, "--base-url", chat.url)
        assert done.code == 0, done.err

    return run


def test_a_guess_is_connors(ajar: Callable[..., Ran]) -> None:
    found = ajar("eval", "plan", "--difference", "2%", "--json").json
    assert (found["cases"], found["differing"]) == (shares_needed(0.02, 0.2, 0.95), 0.2)
    assert (
        "3,923 cases find a difference of 2 points with a chance of 80%"
        in ajar("eval", "plan", "--difference", "2%").out
    )


def test_a_number_of_cases(ajar: Callable[..., Ran]) -> None:
    found = ajar("eval", "plan", "--cases", "500", "--json").json
    assert shares_needed(found["smallest"] * 1.001, 0.2, 0.95) <= 500
    assert ajar("eval", "plan", "--cases", "5", "--json").json["smallest"] is None
    assert "1 case finds no difference" in ajar("eval", "plan", "--cases", "1").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--difference", "30%"], "give --differing 30% or more"),
        (["--difference", "300%"], "100% apart at most"),
        (["--difference", "3"], "for 3 points write 3%"),
        (["--difference", "much"], "write a number such as 0.03 or 3%"),
        (["--difference", "0"], "no number of cases"),
        (["--cases", "100", "--differing", "0"], "above 0"),
        (["--cases", "100", "--differing", "150%"], "up to 100%"),
        (["--cases", "100", "--metric", "right"], "--run"),
        (["--run", "last", "--differing", "10%"], "leave one of them out"),
    ],
)
def test_what_cannot_be_is_refused(ajar: Callable[..., Ran], arguments: list[str], told: str) -> None:
    done = ajar("eval", "plan", *arguments)
    assert done.code == 64, done.out
    assert told in done.err


def test_with_the_spread_of_a_run(ajar: Callable[..., Ran], ran: Callable[[str, str], None]) -> None:
    ran("good", "poor")
    found = ajar("eval", "plan", "--difference", "2%", "--run", "last", "--json").json
    assert (found["differing"], found["given"]) == (0.5, CASES)
    assert found["cases"] == shares_needed(0.02, 0.5, 0.95)
    assert "60 cases find" in ajar("eval", "plan", "--run", "last").out
    surer = ajar("eval", "plan", "--difference", "2%", "--run", "last", "--confidence", "0.99", "--json").json
    assert surer["cases"] > found["cases"]


def test_a_run_in_which_no_case_differs(ajar: Callable[..., Ran], ran: Callable[[str, str], None]) -> None:
    ran("good", "fine")
    found = ajar("eval", "plan", "--difference", "2%", "--run", "last", "--json").json
    assert found["cases"] > 300


def test_latency_is_a_metric_too(ajar: Callable[..., Ran], ran: Callable[[str, str], None]) -> None:
    ran("good", "poor")
    latency = ("eval", "plan", "--run", "last", "--metric", "latency_ms", "--difference")
    found = ajar(*latency, "50", "--json").json
    assert found["unit"] == "ms"
    percent = ajar(*latency, "50%")
    assert percent.code == 64
    assert "write its difference in ms, such as 50, without %" in percent.err
    wrong = ajar("eval", "plan", "--run", "last", "--metric", "latency_m")
    assert wrong.code == 3
    assert "did you mean `latency_ms`" in wrong.err
