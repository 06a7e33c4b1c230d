"""What is tried, in which order, and what of it is part of an experiment."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from scipy import stats

from ajar.config.model import Config
from ajar.config.snapshot import Snapshot
from ajar.errors import InvalidField
from ajar.evidence.assign import unit_hash
from ajar.gateway.admit import Caller
from ajar.gateway.ask import Ask
from ajar.gateway.head import Head
from ajar.gateway.plan import Plan, plan
from ajar.gateway.tables import Tables, build
from ajar.upstream.wallet import Wallet
from ajar.wire.fronts import CHAT
from gateway.splits import SALT, options
from gateway.test_tables import doors_of

NAMES = ("a", "b", "c", "d")


def tables(route: dict[str, Any] | None = None, down: str = "", **snapshot: Any) -> Tables:
    """Route `r` over `a`, then `c`; what is `down` is a runtime that is not up."""
    deployments = {name: {"runtime": "vllm", "base_url": "http://127.0.0.1:1/v1", "model": "m"} for name in NAMES}
    deployments |= {name: {"runtime": "llama.cpp", "model": "m"} for name in down}
    table = {"primary": "a", "fallback": ["c"], **(route or {})}
    config = msgspec.convert({"deployments": deployments, "routes": {"r": table}}, Config)
    with TemporaryDirectory() as state:
        return build(Snapshot("h", config, **snapshot), Wallet({}), doors_of(Path(state), *NAMES))


def planned(
    made: Tables, unit: str | None = None, *, model: str = "r", live: bool = True, exclude: str | None = None
) -> Plan:
    headers = [(b"x-ajar-unit", unit.encode())] if unit is not None else []
    headers += [(b"x-ajar-exclude", exclude.encode())] if exclude is not None else []
    body = json.dumps({"model": model, "messages": []}).encode()
    return plan(made, Caller("local", True), Ask(CHAT, body), Head(headers), live=live)


def names(targets: Any) -> list[str]:
    return [target.name for target in targets]


def variant(made: Plan) -> str | None:
    return None if made.arm is None else made.arm.variant


def test_without_a_revision_there_is_no_experiment() -> None:
    made = planned(tables(salt=SALT), "u")
    assert names(made.targets) == ["a", "c"]
    assert (made.revision, made.arm, made.tied, made.beside) == (0, None, None, ())
    assert made.unit_hash == unit_hash(bytes.fromhex(SALT), "r", b"u"), "so that units can be counted beforehand"
    assert planned(tables(salt=SALT)).unit_hash is None
    assert planned(tables(salt=SALT), "").unit_hash is None


def test_a_revision_overlays_the_files_plan() -> None:
    made = planned(tables(**options(primary="d", fallback=("a",))), "u")
    assert names(made.targets) == ["d", "a"]
    assert (made.revision, made.arm) == (7, None)


def test_each_arm_tries_its_own_deployment_first() -> None:
    for share, order in ((100, ["b", "a", "c"]), (0, ["a", "c"])):
        made = planned(tables(**options(("b", share), fallback=("c",))), "u")
        assert names(made.targets) == order
        assert variant(made) == order[0]
        assert made.arm is not None
        assert (made.arm.experiment, made.arm.epoch) == ("e", 1)


def test_a_candidate_that_is_a_fallback_too_is_tried_once() -> None:
    made = planned(tables(**options(("c", 100), fallback=("c", "d"))), "u")
    assert names(made.targets) == ["c", "a", "d"]


def test_without_a_unit_it_is_the_control() -> None:
    made = planned(tables(**options(("b", 100), fallback=("c",))))
    assert names(made.targets) == ["a", "c"]
    assert (variant(made), made.unit_hash) == ("a", None)


@pytest.mark.parametrize(
    "request_", [{"live": False}, {"exclude": "d"}, {"exclude": ""}, {"model": "deployment:b"}], ids=str
)
def test_what_is_not_randomised_is_no_part_of_it(request_: dict[str, Any]) -> None:
    made = planned(tables(**options(("b", 100), fallback=("c",))), "u", **request_)
    direct = "model" in request_
    assert names(made.targets) == (["b"] if direct else ["a", "c"])
    assert names(made.beside) == ([] if direct else ["b"])
    assert (made.arm, made.tied) == (None, None)
    assert (made.unit_hash is not None) == ("exclude" in request_)


def test_what_the_caller_excludes_is_not_even_beside() -> None:
    made = planned(tables(**options(("b", 100), fallback=("c",))), "u", exclude="b, c")
    assert (names(made.targets), names(made.beside), sorted(names(made.absent))) == (["a"], [], ["b", "c"])
    with pytest.raises(InvalidField):
        planned(tables(**options(("b", 100))), "u", exclude="x")


def test_a_candidate_that_is_down_is_still_the_variant() -> None:
    made = planned(tables(down="b", **options(("b", 100), fallback=("c",))), "u")
    assert names(made.targets) == ["a", "c"]
    assert (variant(made), names(made.absent), made.beside) == ("b", ["b"], ())


def test_what_ties_a_request_takes_it_out_of_the_experiment() -> None:
    made = planned(tables(**options(("b", 100), fallback=("c",))), "u")
    tied = made.tied
    assert tied is not None
    assert (names(tied.targets), names(tied.beside)) == (["a", "c"], ["b"])
    assert (tied.arm, tied.unit_hash, tied.revision) == (None, made.unit_hash, 7)


def test_the_routes_own_unit_is_read() -> None:
    made = tables({"unit": "body:/model"}, **options(("b", 50)))
    assert planned(made).unit_hash == unit_hash(bytes.fromhex(SALT), "r", b"r")
    assert planned(made, "u", live=False).unit_hash is None


@pytest.mark.parametrize("shares", [(5.0,), (50.0,), (20.0, 10.0)])
def test_ten_thousand_units_meet_the_shares_and_stay_as_these_grow(shares: tuple[float, ...]) -> None:
    candidates = ("b", "d")[: len(shares)]
    few = tables(**options(*zip(candidates, shares, strict=True)))
    more = tables(**options(*((name, share + 10) for name, share in zip(candidates, shares, strict=True)), epoch=2))
    units = [f"user-{number}" for number in range(10_000)]
    before = [variant(planned(few, unit)) for unit in units]
    for name, share in zip(candidates, shares, strict=True):
        low, high = stats.binom.interval(0.9999, len(units), share / 100)
        assert low <= before.count(name) <= high
    after = [variant(planned(more, unit)) for unit in units]
    assert all(late in candidates for early, late in zip(before, after, strict=True) if early in candidates)
    if len(candidates) == 1:
        assert before == [variant(planned(few, unit)) for unit in units]
