"""`ajar swap ROUTE --to DEPLOYMENT`: what it begins, what it refuses, what it plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ajar.cli.swap.shelf import shelf
from ajar.store.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ajar.rollout.document import Rollout
    from cli.swap.conftest import Told

Ajar = "Callable[..., Any]"


def ordered(here: Path) -> Rollout:
    with shelf(here / ".ajar") as rollouts:
        return rollouts.one(None)


def test_it_begins_and_says_how_it_goes_on(config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "support", "--to", "new", "--why", "cheaper")
    document = ordered(config.parent)
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [
        f"support: old → new: rollout {document.id} has begun.",
        "It goes on by itself: preflight, no gate, no shadow, then 5%, 25%, 50% of the units.",
    ]
    for command in ("watch", "pause", "abort"):
        assert f"ajar swap {command} support " in ran.out
    assert "the route support has no gate, so nothing is tested before live traffic" in ran.err
    assert f"no Ajar runs on {config.parent / '.ajar'}: rollouts go on when `ajar serve` does" in ran.err
    assert (document.state, document.why, document.options.steps) == ("queued", "cheaper", (5, 25, 50))


def test_options_go_before_the_table(config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar(
        "swap", "start", "support", "--to", "new", "--steps", "2%, 40", "--alpha", "0.1", "--min-units", "7",
        "--step-minutes", "0", "--max-hours", "3", "--no-shadow", "--skip-gate", "--skip-preflight", "--why", "a test",
        "--json",
    )  # fmt: skip
    document = ordered(config.parent)
    assert ran.json == {
        "rollout": document.id,
        "route": "support",
        "from": "old",
        "to": "new",
        "running": False,
        "warnings": [f"no Ajar runs on {config.parent / '.ajar'}: rollouts go on when `ajar serve` does"],
    }
    options = document.options
    assert (options.steps, options.alpha, options.min_units) == ((2, 40), 0.1, 7)
    assert (options.step_minutes, options.max_hours) == (0, 3)
    assert {options.skip_gate, options.skip_shadow, options.skip_preflight} == {"a test"}


def test_a_gate_is_read_at_once(config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "support", "--to", "new", "--gate", "missing.yaml")
    assert (ran.code, "missing.yaml" in ran.err) == (3, True)
    (config.parent / "suite.yaml").write_text("suite: s\nchecks: {exact: exact}\ncases: [{input: a, target: b}]\n")
    gate = config.parent / "gate.yaml"
    gate.write_text("gate: g\nsuites: [{suite: suite.yaml, margins: {passed: 3%}}]\n")
    ran = ajar("swap", "support", "--to", "new", "--gate", "gate.yaml")
    assert ran.code == 0, ran.err
    assert ordered(config.parent).options.gate == str(gate.resolve())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("support",), "name the deployment that is to take over, with --to"),
        (("statsu",), "did you mean `ajar swap status`?"),
        (("support", "--to", "new", "--skip-gate"), "--skip-gate needs a reason"),
        (("support", "--to", "new", "--skip-gate", "--gate", "x", "--why", "y"), "exclude each other"),
        (("support", "--to", "new", "--steps", "5,5"), "each must be more than the one before"),
        (("support", "--to", "new", "--steps", "5,100"), "up to 99"),
        (("support", "--to", "new", "--steps", "many"), "write per cents"),
        (("support", "--to", "new", "--plan", "--wait"), "--plan changes nothing"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], told: str, config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", *arguments)
    assert (ran.code, told in ran.err) == (64, True), ran.err
    assert not (config.parent / ".ajar").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("suport", "--to", "new"), "there is no route `suport`; did you mean `support`?"),
        (("support", "--to", "knew"), "no deployment is called `knew`; did you mean `new`?"),
        (("support", "--to", "old"), "`old` is the model of route `support` already"),
    ],
)
def test_what_cannot_be(arguments: tuple[str, ...], told: str, config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", *arguments)
    assert (ran.code, ran.out) == (3, "")
    assert told in ran.err


def test_one_rollout_for_each_route(told: Told, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "support", "--to", "third")
    assert ran.code == 3
    assert f"rollout {told.id} to new is running" in ran.err
    assert "`ajar swap abort support`" in ran.err


def test_a_route_may_be_called_like_a_command(config: Path, ajar: Callable[..., Any]) -> None:
    assert ajar("swap", "--", "status", "--to", "new").code == 0
    assert ordered(config.parent).route == "status"


def test_a_plan_changes_nothing(config: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "support", "--to", "new", "--plan", "--steps", "50")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("support: old → new, if it were begun now. Nothing is changed.\n")
    for text in ("preflight", "none: NOTHING is tested before live traffic", "share = 0", "No traffic of this route"):
        assert text in ran.out
    assert "solved, if 95 of 100 units are good (nothing tells how many are) and the margin" in ran.out
    planned = ajar("swap", "support", "--to", "new", "--plan", "--steps", "50", "--json").json
    assert (planned["from"], planned["to"], planned["shadow_usd"]) == ("old", "new", None)
    assert planned["estimate"]["requests"] == 0
    assert not (config.parent / ".ajar").exists()


def test_help_has_the_exit_codes(ajar: Callable[..., Any]) -> None:
    for arguments in (("swap", "--help"), ("swap", "start", "--help"), ("swap", "watch", "--help")):
        ran = ajar(*arguments)
        assert ran.code == 0
        assert "0 promoted" in " ".join(ran.out.split())


def test_orders_wait_for_a_service(told: Told, ajar: Callable[..., Any], config: Path) -> None:
    ran = ajar("swap", "abort", "--why", "wrong one")
    assert (ran.code, ran.out) == (0, f"No Ajar runs on {config.parent / '.ajar'}: it holds as soon as one does.\n")
    ran = ajar("swap", "pause", "support", "--json")
    assert ran.json["taken"] is None
    from contextlib import closing

    from ajar.store.database import Database

    with closing(Database.open(config.parent / ".ajar")) as database:
        given = [(one.rollout, one.kind, one.why) for one in Orders(database).pending()]
    assert given == [(told.id, "abort", "wrong one"), (told.id, "pause", "")]


def test_orders_that_do_not_fit(told: Told, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "resume")
    assert (ran.code, "its rollout is not paused" in ran.err) == (3, True)
    told.end("aborted", 2, "aborted: no")
    ran = ajar("swap", "pause", "support")
    assert (ran.code, "the last one has ended: aborted" in ran.err) == (3, True)
    assert ajar("swap", "abort", "other").code == 3


def test_without_any_rollout(config: Path, ajar: Callable[..., Any]) -> None:
    for arguments in (("status",), ("watch",), ("abort",)):
        ran = ajar("swap", *arguments)
        assert (ran.code, f"there was no rollout yet in {config.parent / '.ajar'}" in ran.err) == (3, True)
    assert ajar("swap", "list").out == "There was no rollout yet; `ajar swap ROUTE --to DEPLOYMENT` begins one.\n"
    assert ajar("swap", "list", "--json").json == []
    assert not (config.parent / ".ajar").exists(), "looking makes nothing"
