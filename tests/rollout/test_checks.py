"""A route's checks are scorers as in a suite, of those that need no target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ajar.config.model import Config
from ajar.config.problem import dotted
from ajar.rollout.checks import check_faults, scorers_of

if TYPE_CHECKING:
    from ajar.evals.scorer import Scorer


def config(checks: dict[str, Any], **routes: Any) -> Config:
    deployments = {"a": {"provider": "vllm", "base_url": "http://127.0.0.1:1/v1", "model": "m"}}
    named = {"r": {"primary": "a", "checks": checks}, **routes}
    return msgspec.convert({"deployments": deployments, "routes": named}, Config)


def built(checks: dict[str, Any]) -> dict[str, Scorer]:
    made = config(checks)
    assert check_faults(made) == []
    return scorers_of(made.routes["r"])


def test_a_check_is_named_after_its_scorer_or_says_which_it_is() -> None:
    schema = {"type": "object"}
    scorers = built({"json": {}, "valid": {"scorer": "json-schema", "schema": schema}, "length": {"max": 5}})
    assert {name: scorer.name for name, scorer in scorers.items()} == {
        "json": "json",
        "valid": "json-schema",
        "length": "length",
    }


@pytest.mark.parametrize(
    ("check", "table", "words"),
    [
        ("valid", {"schema": {}}, 'add `scorer = "NAME"`'),
        ("valid", {"scorer": "json-shema"}, "did you mean `json-schema`?"),
        ("valid", {"scorer": "json-schema"}, "schema"),
        ("json-schema", {"schema": {}, "fences": True}, "unknown option `fences`"),
        ("exact", {}, "live traffic has no target: there is nothing to compare with"),
        ("json-fields", {}, "live traffic has no target"),
        ("python", {"call": "os:system"}, "code of one's own is not run on live traffic"),
        ("rubric", {"rubric": "good?", "route": "rr"}, "there is no route `rr`"),
        ("rubric", {"rubric": "good?", "route": "deployment:b"}, "there is no deployment `b`"),
        ("rubric", {"rubric": "good?", "route": "kept"}, "route `kept` keeps bodies, and this one does not"),
    ],
)
def test_what_live_traffic_cannot_have_is_refused(check: str, table: dict[str, Any], words: str) -> None:
    made = config({check: table}, kept={"primary": "a", "bodies": "all"})
    (fault,) = check_faults(made)
    assert words in fault.text
    assert dotted(fault.path).startswith(f"routes.r.checks.{check}")


def test_what_is_wanted_may_be_said_in_the_check_itself() -> None:
    scorers = built({"exact": {"value": "yes"}, "rubric": {"rubric": "good?", "route": "deployment:a"}})
    assert scorers["exact"].name == "exact"
