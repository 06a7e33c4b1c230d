"""A route's plan in a config file's text: that changes, and nothing else."""

from __future__ import annotations

import tomllib

import pytest

from ajar.cli.swap.edit import with_plan

OTHERS = '[deployments.a]\nmodel = "m" # primary = "a"\n'


def edited(text: str, primary: str = "b", fallback: tuple[str, ...] = ("a", "c")) -> str:
    after = with_plan(OTHERS + text, "r", primary, fallback)
    table = tomllib.loads(after)["routes"]["r"]
    assert (table["primary"], table.get("fallback", [])) == (primary, list(fallback))
    assert after.startswith(OTHERS)
    return after.removeprefix(OTHERS)


def test_comments_and_other_lines_stay() -> None:
    before = '[routes.r] # ours\n  primary = "a"   # primary = "a" since May\nfallback=["b", "c"]#then\nunit = "user"\n'
    after = '[routes.r] # ours\n  primary = "b"   # primary = "a" since May\nfallback=["a", "c"]#then\nunit = "user"\n'
    assert edited(before) == after


def test_a_list_with_comments_keeps_its_lines() -> None:
    before = '[routes.r]\nprimary = \'a\'\nfallback = [\n  "b", # cheap, "old"\n  "c", # never fails\n]\n'
    assert edited(before) == (
        '[routes.r]\nprimary = "b"\nfallback = [\n  "a", # cheap, "old"\n  "c", # never fails\n]\n'
    )
    before = '[routes.r]\nprimary = "a"\nfallback = [ # none but\n  "c",\n]\n'
    assert edited(before) == '[routes.r]\nprimary = "b"\nfallback = ["a",  # none but\n  "c",\n]\n'
    before = '[routes.r]\nprimary = "b"\nfallback = [\n  "a", # one\n  "b2", # two\n  "c",\n]\n'
    assert edited(before) == '[routes.r]\nprimary = "b"\nfallback = [\n  "a", # one\n  # two\n  "c",\n]\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[routes.r]\nprimary = "a"\n', '[routes.r]\nprimary = "b"\nfallback = ["a", "c"]\n'),
        ('[routes.r]\n  primary = "a" # x', '[routes.r]\n  primary = "b" # x\n  fallback = ["a", "c"]\n'),
        ('[routes.r]\r\nprimary = "a"\r\nunit = "user"\r\n',
         '[routes.r]\r\nprimary = "b"\r\nfallback = ["a", "c"]\r\nunit = "user"\r\n'),
        ('[routes]\nr = {primary = "a", unit = "user"}\n',
         '[routes]\nr = {primary = "b", fallback = ["a", "c"], unit = "user"}\n'),
        ('[routes]\nr.primary = "a"\n', '[routes]\nr.primary = "b"\nr.fallback = ["a", "c"]\n'),
        ('routes.r = {fallback = ["b"], primary = "a"}\n', 'routes.r = {fallback = ["a", "c"], primary = "b"}\n'),
    ],
)  # fmt: skip
def test_it_is_found_however_it_is_written(before: str, after: str) -> None:
    if before.startswith("routes"):
        before, after = f"[x]\n{before}", f"[x]\n{after}"
        assert with_plan(before.removeprefix("[x]\n"), "r", "b", ("a", "c")) == after.removeprefix("[x]\n")
    else:
        assert edited(before) == after


def test_no_fallback_is_added_where_none_is_wanted() -> None:
    assert edited('[routes.r]\nprimary = "a"\n', fallback=()) == '[routes.r]\nprimary = "b"\n'


def test_what_it_cannot_change_it_refuses() -> None:
    with pytest.raises(ValueError, match="`primary` of the route r"):
        with_plan('[routes.r]\nprimary = """a"""\n', "r", "b", ())
