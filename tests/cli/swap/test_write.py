"""`ajar swap write`: the config file says what is so, and nothing else of it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.cli.swap import write as module
from ajar.config import load
from ajar.config.revision import Arm, Revision, Split, table_digest
from ajar.store.revisions import Revisions
from cli.swap.conftest import CONFIG, NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from cli.swap.conftest import Told


def revise(here: Path, **changes: Any) -> None:
    base = table_digest(load.load(here / "ajar.toml").config.routes["support"])
    plan = {"primary": "new", "fallback": ("old", "third"), "number": 1, **changes}
    Revisions(here / ".ajar").write(Revision(route="support", base=base, time=NOW, by="ann", why="so", **plan))


def test_the_plan_in_force_is_put_into_the_file(config: Path, ajar: Callable[..., Any]) -> None:
    config.chmod(0o640)
    revise(config.parent)
    ran = ajar("swap", "write", "support")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f'{config} now has primary "new", fallback ["old", "third"] for the route support; '
        "a running Ajar takes it up by itself.\n"
    )
    assert config.read_text() == CONFIG.replace(
        'primary = "old"\nfallback = ["third"]', 'primary = "new"\nfallback = ["old", "third"]'
    )
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in config.parent.iterdir() if path.name.startswith(".ajar.toml")] == []
    again = ajar("swap", "write", "support", "--json").json
    assert again == {
        "file": str(config),
        "route": "support",
        "primary": "new",
        "fallback": ["old", "third"],
        "changed": False,
    }


def test_a_link_stays_a_link(config: Path, ajar: Callable[..., Any]) -> None:
    real = config.with_name("real.toml")
    config.rename(real)
    config.symlink_to(real)
    revise(config.parent)
    assert ajar("swap", "write", "support").code == 0
    assert config.is_symlink()
    assert 'primary = "new"' in real.read_text()


def test_not_while_a_rollout_runs(config: Path, ajar: Callable[..., Any]) -> None:
    arms = (Arm("old", 95), Arm("new", 5))
    revise(config.parent, primary="old", fallback=("third",), split=Split("x", 1, arms))
    revise(config.parent, number=2, primary="old", fallback=("new",), split=Split("x", 1, arms))
    ran = ajar("swap", "write", "support")
    assert (ran.code, "its rollout is running" in ran.err) == (3, True)


def test_not_while_a_rollout_runs_that_has_not_changed_the_plan(told: Told, ajar: Callable[..., Any]) -> None:
    for changes in ({}, {"state": "canary", "paused": NOW}):
        told.save(**changes)
        ran = ajar("swap", "write", "support")
        assert (ran.code, "its rollout is running" in ran.err) == (3, True)
    told.end("inconclusive", 2, "too long")
    assert ajar("swap", "write", "support").code == 0


def test_not_where_the_file_was_changed_since(config: Path, ajar: Callable[..., Any]) -> None:
    revise(config.parent)
    config.write_text(CONFIG.replace('primary = "old"\nfallback', 'unit = "user"\nprimary = "old"\nfallback'))
    ran = ajar("swap", "write", "support")
    assert (ran.code, "the file's table for the route has changed since" in ran.err) == (3, True)


def test_not_where_it_is_changed_meanwhile(
    config: Path, ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    revise(config.parent)
    check = module._check

    def changing(*given: Any) -> None:
        check(*given)
        config.write_text(CONFIG + "# mine\n")

    monkeypatch.setattr(module, "_check", changing)
    ran = ajar("swap", "write", "support")
    assert (ran.code, "somebody changed it just now" in ran.err) == (3, True)
    assert config.read_text() == CONFIG + "# mine\n"
    assert [path.name for path in config.parent.iterdir() if path.name.startswith(".ajar.toml")] == []


def test_what_a_program_cannot_change_is_told(config: Path, ajar: Callable[..., Any]) -> None:
    config.write_text(CONFIG.replace('primary = "old"\nfallback', 'primary = """old"""\nfallback'))
    revise(config.parent)
    ran = ajar("swap", "write", "support")
    assert ran.code == 3
    assert 'Write it yourself, in the table of the route support: primary = "new" and fallback = ["old", "third"]' in (
        ran.err
    )


def test_the_built_in_config_has_no_file(here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("swap", "write", "support-triage")
    assert (ran.code, "there is no file to write to" in ran.err) == (3, True)
    ran = ajar("swap", "support-triage", "--to", "triage-v1", "--write")
    assert (ran.code, "there is no file to write to" in ran.err) == (3, True)
