from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ajar.config.load import parse
from ajar.config.overlay import fault, in_order, misfit
from ajar.config.revision import Arm, Copying, Revision, Split, table_digest

TEXT = """
[deployments.a]
provider = "ollama"
model = "m"
[deployments.b]
provider = "ollama"
model = "m"
[deployments.c]
provider = "ollama"
model = "m"
[routes.r]
primary = "a"
fallback = ["c"]
"""
CONFIG = parse(TEXT, "x")


def revision(**fields: Any) -> Revision:
    values = {
        "route": "r",
        "number": 1,
        "base": table_digest(CONFIG.routes["r"]),
        "time": 1,
        "by": "rollout 1",
        "why": "promoted",
        "primary": "b",
        "fallback": ("a", "c"),
    }
    return Revision(**values | fields)


SPLIT = Split("x", 1, (Arm("a", 95), Arm("b", 5)))


def test_a_revision_over_the_same_table_with_all_deployments_fits() -> None:
    assert misfit(revision(), CONFIG) == ""
    other = parse(TEXT + '[routes.s]\nprimary = "a"\n', "x")
    assert misfit(revision(), other) == "", "other tables do not matter"
    spelt_out = parse(TEXT + "keepalive_s = 15\n", "x")
    assert misfit(revision(), spelt_out) == "", "nor does a default that is spelt out"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TEXT + "strict = true\n", "the file's table for the route has changed since"),
        (TEXT.replace("[routes.r]", "[routes.s]"), "the file has no route r"),
        (TEXT.replace("deployments.b]", "deployments.d]"), "the file no longer has the deployment b"),
    ],
)
def test_where_it_does_not_fit_it_is_said_why(text: str, why: str) -> None:
    assert misfit(revision(), parse(text, "x")) == why


def test_deployments_of_a_split_or_a_shadow_count_too() -> None:
    without = parse(TEXT.replace("deployments.b]", "deployments.d]"), "x")
    assert "deployment b" in misfit(revision(primary="a", fallback=(), split=SPLIT), without)
    assert "deployment b" in misfit(revision(primary="a", fallback=(), copying=Copying("x", "b", 0.5)), without)


def test_the_order_of_a_routes_deployments() -> None:
    route = CONFIG.routes["r"]
    assert in_order(route, None) == ("a", "c")
    assert in_order(route, revision()) == ("b", "a", "c")
    assert in_order(route, revision(primary="a", fallback=("b", "c"), split=SPLIT)) == ("a", "b", "c")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"number": 0}, "0 is no number"),
        ({"fallback": ("b",)}, "stands twice"),
        ({"fallback": ("a", "a")}, "stands twice"),
        ({"copying": Copying("x", "a", 1.5)}, "1.5 is no share"),
        ({"split": SPLIT}, "not its primary"),
        ({"split": Split("x", 1, (Arm("b", 100),))}, "two deployments or more"),
        ({"split": Split("x", 1, (Arm("b", 50), Arm("b", 50)))}, "two deployments or more"),
        ({"split": Split("x", 1, (Arm("b", 90), Arm("a", 9)))}, "add up to 100"),
        ({"split": Split("x", 1, (Arm("b", 110), Arm("a", -10)))}, "add up to 100"),
    ],
)
def test_what_no_revision_may_say(fields: dict[str, Any], why: str) -> None:
    assert why in fault(revision(**fields))


def test_a_usual_revision_has_no_fault() -> None:
    assert fault(revision()) == ""
    assert fault(revision(primary="a", fallback=("c",), split=SPLIT)) == ""
    third = (Arm("a", 100 - 2 * 33.3), Arm("b", 33.3), Arm("c", 33.3))
    assert fault(revision(primary="a", fallback=(), split=Split("x", 2, third))) == ""
    assert msgspec.json.decode(msgspec.json.encode(revision(split=SPLIT)), type=Revision) == revision(split=SPLIT)
