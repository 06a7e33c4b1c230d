"""`ajar rollback` without a service: tests/e2e/test_rollback.py has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ajar.config.load import load
from ajar.config.revision import Arm, Copying, Revision, Split, table_digest
from ajar.store.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = """
[deployments.v1]
provider = "ollama"
model = "m"
[deployments.v2]
provider = "ollama"
model = "m"
[deployments.gpt]
provider = "openai"
model = "gpt-6.1-sol"
[routes.r]
primary = "v1"
fallback = ["gpt"]
"""
SPLIT = Split("roll-1", 2, (Arm("v1", 95), Arm("v2", 5)))


@pytest.fixture
def state(here: Path) -> Revisions:
    (here / "ajar.toml").write_text(CONFIG)
    (here / ".ajar/run").mkdir(parents=True)  # a service was there
    return Revisions(here / ".ajar")


def base(here: Path) -> str:
    return table_digest(load(here / "ajar.toml").config.routes["r"])


def put(state: Revisions, here: Path, **fields: Any) -> Revision:
    """What a rollout wrote."""
    values = {"route": "r", "base": base(here), "time": 1, "by": "rollout roll-1", "why": "a step", "rollout": "roll-1"}
    number = state.next_number("r")
    one = Revision(**{**values, "number": number, "primary": "v1", "fallback": ("gpt",)} | fields)
    state.write(one)
    return one


def promote(state: Revisions, here: Path) -> Revision:
    return put(state, here, primary="v2", fallback=("v1", "gpt"), why="promoted")


def test_a_running_rollouts_control_gets_all(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    put(state, here, split=SPLIT)
    ran = ajar("rollback", "r")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "r: 95 % v1, 5 % v2 (then gpt) → v1 (then gpt), as revision 2.\n"
        f"No Ajar runs on {here / '.ajar'}: it holds from the next start.\n"
    )
    now = state.get("r")
    assert now is not None
    assert (now.number, now.primary, now.fallback, now.split, now.rollout) == (2, "v1", ("gpt",), None, None)
    assert now.base == base(here)
    assert now.by.startswith("ajar rollback (")
    assert now.why == "rollout roll-1 ended by hand"


def test_a_shadow_ends(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    put(state, here, copying=Copying("roll-1", "v2", 0.1))
    assert ajar("rollback", "r", "--why", "too dear").code == 0
    now = state.get("r")
    assert now is not None
    assert (now.copying, now.why) == (None, "too dear")


def test_what_was_there_before_the_promotion_comes_back_and_nothing_goes_forward_again(
    state: Revisions, here: Path, ajar: Callable[..., Any]
) -> None:
    put(state, here, split=SPLIT)
    promote(state, here)
    assert ajar("rollback", "r").out.startswith("r: v2 (then v1, gpt) → v1 (then gpt), as revision 3.\n")
    ran = ajar("rollback", "r")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("ajar: route r: there is nothing to go back to from v1 (then gpt). --to DEPLOYMENT ")
    assert state.next_number("r") == 4


def test_without_any_revision_there_is_nothing_to_go_back_to(
    state: Revisions, here: Path, ajar: Callable[..., Any]
) -> None:
    ran = ajar("rollback", "r")
    assert (ran.code, ran.out) == (3, "")
    assert "nothing to go back to from v1 (then gpt)" in ran.err
    assert not state.folder.exists()


def test_where_no_ajar_ever_ran_nothing_is_rolled_back(here: Path, ajar: Callable[..., Any]) -> None:
    """In another directory than the service's: a word of success there would be a lie in an emergency."""
    ajar("rollback", "support-triage", "--to", "triage-v1")
    assert not (here / ".ajar").exists()
    ajar("key", "create", "somebody")
    ran = ajar("rollback", "support-triage", "--to", "triage-v1")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"ajar: no Ajar ever ran on {here / '.ajar'}: go where it was started, or say where with --state-dir\n"
    )


def test_to_a_deployment(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    assert ajar("rollback", "r", "--to", "gpt").out.startswith("r: v1 (then gpt) → gpt, as revision 1.\n")
    assert ajar("rollback", "r", "--to", "v1").out.startswith("r: gpt → v1 (then gpt), as revision 2.\n")
    ran = ajar("rollback", "r", "--to", "v1")
    assert (ran.code, ran.out) == (0, "r: v1 (then gpt) is in force already.\n")
    ran = ajar("rollback", "r", "--to", "v3")
    assert (ran.code, ran.err) == (3, 'ajar: there is no deployment "v3"; the deployments are `gpt`, `v1`, `v2`\n')
    assert state.next_number("r") == 3


def test_to_a_revision(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    put(state, here, split=SPLIT)
    promote(state, here)
    assert ajar("rollback", "r", "--to-revision", "0").out.startswith("r: v2 (then v1, gpt) → v1 (then gpt), as rev")
    assert ajar("rollback", "r", "--to-revision", "2").out.startswith("r: v1 (then gpt) → v2 (then v1, gpt), as rev")
    ran = ajar("rollback", "r", "--to-revision", "9")
    assert (ran.code, ran.err) == (3, "ajar: route r: it never had a revision 9; 4 is the newest\n")


def test_json_is_for_programs(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    promote(state, here)
    assert ajar("rollback", "r", "--json").json == {
        "route": "r",
        "revision": 2,
        "from": "v2 (then v1, gpt)",
        "to": ["v1", ["gpt"]],
        "running": False,
        "in_force_s": None,
    }


def test_wrong_usage(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    assert ajar("rollback").code == 64
    assert ajar("rollback", "r", "--to", "v1", "--to-revision", "0").code == 64
    ran = ajar("rollback", "q")
    assert (ran.code, ran.err) == (3, 'ajar: there is no route "q"; the routes are `r`\n')


def test_a_damaged_revision_is_replaced_by_a_word(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    promote(state, here)
    state.path("r").write_text("{")
    ran = ajar("rollback", "r")
    assert ran.code == 3
    assert "is damaged" in ran.err
    assert ajar("rollback", "r", "--to", "v1").out.startswith("r: a damaged revision → v1 (then gpt), as revision 2.\n")
    assert state.all()["r"].number == 2


def test_with_a_config_that_cannot_be_read_it_goes_back_all_the_same(
    state: Revisions, here: Path, ajar: Callable[..., Any]
) -> None:
    put(state, here, split=SPLIT)
    promoted = promote(state, here)
    (here / "ajar.toml").write_text("[routes")
    ran = ajar("rollback", "r", "--state-dir", ".ajar")
    assert (ran.code, ran.err) == (0, "")
    now = state.get("r")
    assert now is not None
    assert (now.primary, now.fallback, now.base) == ("v1", ("gpt",), promoted.base)
    (here / "empty").mkdir()
    assert ajar("rollback", "r", "--state-dir", "empty").code == 3


def test_a_revision_that_the_file_won_over_is_not_what_is_left(
    state: Revisions, here: Path, ajar: Callable[..., Any]
) -> None:
    promote(state, here)
    (here / "ajar.toml").write_text(CONFIG + "strict = true\n")
    ran = ajar("rollback", "r")
    assert ran.code == 3
    assert "nothing to go back to from v1 (then gpt)" in ran.err
    assert ajar("rollback", "r", "--to-revision", "1").code == 0
    now = state.get("r")
    assert now is not None
    assert (now.number, now.primary, now.base) == (2, "v2", base(here))


def test_a_deployment_that_is_gone_cannot_come_back(state: Revisions, here: Path, ajar: Callable[..., Any]) -> None:
    promote(state, here)
    text = CONFIG.replace('[deployments.v2]\nprovider = "ollama"\nmodel = "m"\n', "")
    (here / "ajar.toml").write_text(text)
    ran = ajar("rollback", "r", "--to-revision", "1")
    assert (ran.code, ran.err) == (3, 'ajar: there is no deployment "v2"; the deployments are `gpt`, `v1`\n')


def test_a_rollout_that_steps_in_between_does_not_win(
    state: Revisions, here: Path, ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state, here, split=SPLIT)
    write = Revisions.write

    def late(self: Revisions, revision: Revision, **more: Any) -> None:
        monkeypatch.setattr(Revisions, "write", write)
        put(state, here, split=Split("roll-1", 3, (Arm("v1", 75), Arm("v2", 25))))
        write(self, revision, **more)

    monkeypatch.setattr(Revisions, "write", late)
    ran = ajar("rollback", "r")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "r: 75 % v1, 25 % v2 (then gpt) → v1 (then gpt), as revision 3.")
