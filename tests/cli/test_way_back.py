"""Where a roll-back goes, from made-up histories."""

from __future__ import annotations

from typing import Any

from ajar.cli.way_back import Plan, plans, shares, to_deployment
from ajar.config.revision import Arm, Copying, Revision, Split

FILE = Plan("v1", ("gpt",))
V2 = Plan("v2", ("v1", "gpt"))
V3 = Plan("v3", ("v2",))


def made(number: int, plan: Plan, base: str = "b", **fields: Any) -> Revision:
    values = {"route": "r", "number": number, "base": base, "time": number, "by": "x", "why": "y"}
    return Revision(**values, primary=plan.primary, fallback=plan.fallback, **fields)


def split(number: int, control: Plan, candidate: str, percent: float = 5) -> Revision:
    arms = (Arm(control.primary, 100 - percent), Arm(candidate, percent))
    return made(number, control, split=Split("x", number, arms))


def test_without_revisions_there_is_the_file() -> None:
    assert plans([], "b", FILE) == [FILE]
    assert plans([], "b", None) == []


def test_a_promotion_lies_above_what_was_before_and_a_roll_back_takes_it_away() -> None:
    history = [split(1, FILE, "v2"), split(2, FILE, "v2", 25), made(3, V2)]
    assert plans(history, "b", FILE) == [FILE, V2]
    history += [made(4, V3)]
    assert plans(history, "b", FILE) == [FILE, V2, V3]
    history += [made(5, V2)]
    assert plans(history, "b", FILE) == [FILE, V2], "nothing goes back to v3"
    assert plans([*history, made(6, FILE)], "b", FILE) == [FILE]


def test_the_control_of_an_experiment_is_the_plan_before_whatever_it_leaves_out() -> None:
    assert plans([split(1, Plan("v1", ()), "gpt")], "b", FILE) == [FILE]
    shadow = made(2, Plan("v1", ()), copying=Copying("x", "gpt", 0.1))
    assert plans([shadow], "b", FILE) == [FILE]


def test_revisions_over_another_table_count_no_longer() -> None:
    assert plans([made(1, V2, base="old"), made(2, V3)], "b", FILE) == [FILE, V3]


def test_without_the_file_the_revisions_alone_tell() -> None:
    assert plans([split(1, FILE, "v2"), made(2, V2)], "b", None) == [FILE, V2]


def test_to_a_deployment_that_answered_before_its_plan_comes_back() -> None:
    assert to_deployment("v1", [FILE, V2]) == FILE
    assert to_deployment("gpt", [FILE, V2]) == Plan("gpt", ("v1",))
    assert to_deployment("v9", [FILE]) == Plan("v9", ("gpt",))
    assert to_deployment("v9", []) == Plan("v9", ())


def test_plans_in_words() -> None:
    assert shares(made(1, FILE)) == "v1 (then gpt)"
    assert shares(split(1, FILE, "v2")) == "95 % v1, 5 % v2 (then gpt)"
    assert shares(split(1, Plan("v1", ()), "v2", 0.5)) == "99.5 % v1, 0.5 % v2"
    assert shares(made(1, FILE, copying=Copying("x", "v2", 0.1))) == "v1 (then gpt), copied to v2 (0.1 of the requests)"
