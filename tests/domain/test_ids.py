"""Ids sort by time, and tell whoever has the salt to whom they were given."""

from __future__ import annotations

import time
import uuid

import pytest

from ajar.domain.ids import Ids, belongs, uuid7, uuid7_millis

SALT = bytes(range(32))


@pytest.mark.parametrize("make", [uuid7, lambda: Ids(SALT).new("shop", "triage"), lambda: Ids(b"").new("shop", "")])
def test_an_id_is_a_uuid_of_version_7(make: object) -> None:
    assert callable(make)
    before = time.time_ns() // 1_000_000
    found = [uuid.UUID(make()) for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {one.version for one in found} == {7}
    assert {one.variant for one in found} == {uuid.RFC_4122}
    assert len(set(found)) == 1000
    millis = [uuid7_millis(str(one)) for one in found]
    assert millis == sorted(millis)
    assert before <= millis[0] <= millis[-1] <= after


def test_an_id_belongs_to_its_caller_and_route_only() -> None:
    ids = Ids(SALT)
    for caller, route in (("shop", "triage"), ("shop", ""), ("läden", "a/b.c")):
        one = ids.new(caller, route)
        assert belongs(one, caller, route, SALT)
        assert not belongs(one, caller, route + "x", SALT)
        assert not belongs(one, caller + "x", route, SALT)
        assert not belongs(one, caller, route, SALT[::-1])
        assert not belongs(one, caller, route, b"")
    assert not belongs(ids.new("ab", "c"), "a", "bc", SALT)


def test_every_digit_counts() -> None:
    one = Ids(SALT).new("shop", "triage")
    for at, digit in enumerate(one):
        for other in {"0", "7", "a", "-"} - {digit}:
            assert not belongs(one[:at] + other + one[at + 1 :], "shop", "triage", SALT)


@pytest.mark.parametrize("text", ["", "x", "\x00" * 36, "é" * 36, "0" * 100_000])
def test_what_is_no_id_belongs_to_nobody(text: str) -> None:
    assert not belongs(text, "shop", "triage", SALT)
    one = Ids(SALT).new("shop", "triage")
    assert not any(belongs(odd, "shop", "triage", SALT) for odd in (one.upper(), one + "\n", " " + one, one[:-1]))


def test_without_a_salt_ids_are_random_and_nobodys() -> None:
    assert not belongs(Ids(b"").new("shop", "triage"), "shop", "triage", b"")
    assert not belongs(uuid7(), "shop", "triage", SALT)
