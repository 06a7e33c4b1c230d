from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ajar.store.keys import KeyFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = re.compile(r"ajar_[0-9a-z]{12}_[0-9A-Za-z]{43}")


def test_a_new_key_is_printed_once_and_alone(here: Path, ajar: Callable[..., Any]) -> None:
    ran = ajar("key", "create", "web-shop")
    assert ran.code == 0
    assert KEY.fullmatch(ran.out.strip())
    assert ran.err.splitlines() == [
        "This is shown only once. Callers send it as `Authorization: Bearer ajar_…`.",
        "It is the first key in .ajar/keys.json: from now on nobody calls without a key.",
    ]
    assert len(ajar("key", "create", "other").err.splitlines()) == 1
    listed = ajar("key", "list")
    assert not KEY.search(listed.out)
    assert [entry.name for entry in KeyFile(here / ".ajar").entries()] == ["web-shop", "other"]


def test_keys_are_listed_with_rights_and_times(ajar: Callable[..., Any]) -> None:
    assert ajar("key", "list").out == "No key was ever made in .ajar/keys.json. Make one: ajar key create NAME\n"
    ajar("key", "create", "plain")
    ajar("key", "create", "tests", "--direct")
    revoked = ajar("key", "revoke", "plain")
    assert re.fullmatch(r"[0-9a-z]{12} \(plain\) is revoked since [0-9-]{10} [0-9:]{5} UTC\.\n", revoked.out)
    head, plain, tests = ajar("key", "list").out.splitlines()
    assert head.split() == ["Id", "Name", "Rights", "Created", "(UTC)", "Revoked", "(UTC)"]
    assert re.fullmatch(r"[0-9a-z]{12}  plain  routes          [0-9-]{10} [0-9:]{5}  [0-9-]{10} [0-9:]{5} *", plain)
    assert re.fullmatch(r"[0-9a-z]{12}  tests  routes, direct  [0-9-]{10} [0-9:]{5} *", tests)


def test_json_is_for_programs(ajar: Callable[..., Any]) -> None:
    assert ajar("key", "list", "--json").json == []
    created = ajar("key", "create", "a", "--direct", "--json").json
    assert KEY.fullmatch(created["key"])
    assert (created["name"], created["direct"]) == ("a", True)
    (listed,) = ajar("key", "list", "--json").json
    assert (listed["id"], listed["revoked"]) == (created["id"], None)
    assert set(listed) == {"id", "name", "direct", "created", "revoked"}
    assert ajar("key", "revoke", created["id"], "--json").json["revoked"]


def test_the_state_is_where_the_config_or_the_option_says(here: Path, ajar: Callable[..., Any]) -> None:
    table = '[deployments.d]\nprovider = "openai"\nmodel = "m"\n[routes.r]\nprimary = "d"\n'
    (here / "a.toml").write_text(f'server.state_dir = "of-config"\n{table}')
    ajar("key", "create", "a", "--config", "a.toml")
    ajar("key", "create", "b", "--state-dir", "of-option", "--config", "a.toml")
    assert [entry.name for entry in KeyFile(here / "of-config").entries()] == ["a"]
    assert [entry.name for entry in KeyFile(here / "of-option").entries()] == ["b"]
    assert not (here / ".ajar").exists()


def test_with_a_broken_config_a_key_can_still_be_revoked(here: Path, ajar: Callable[..., Any]) -> None:
    ajar("key", "create", "a")
    (here / "ajar.toml").write_text("[server")
    ran = ajar("key", "revoke", "a")
    assert ran.code == 3
    assert "ajar.toml:1:" in ran.err
    assert "--state-dir PATH says so without it" in ran.err
    assert ajar("key", "revoke", "a", "--state-dir", ".ajar").code == 0


def test_a_key_that_is_not_there_cannot_be_revoked(ajar: Callable[..., Any]) -> None:
    ran = ajar("key", "revoke", "nobody")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "ajar: .ajar/keys.json: no key has this id or name; `ajar key list` shows them all\n"


def test_a_damaged_key_file_stops_the_command(here: Path, ajar: Callable[..., Any]) -> None:
    (here / ".ajar").mkdir()
    (here / ".ajar" / "keys.json").write_text("")
    for arguments in (("list",), ("create", "a"), ("revoke", "a")):
        ran = ajar("key", *arguments)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith("ajar: .ajar/keys.json: the key file is damaged")


@pytest.mark.parametrize("name", ["", "a b", "-", "a\n", "ä", "a" * 65, "\x1b[31m"])
def test_a_name_is_plain(here: Path, ajar: Callable[..., Any], name: str) -> None:
    ran = ajar("key", "create", "--", name)
    assert ran.code == 64
    assert "NAME: it starts with a letter or digit" in ran.err
    assert not (here / ".ajar").exists()
