from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from ajar import __version__
from ajar.cli import main as entry
from ajar.errors import JournalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAVY = {"pyarrow", "duckdb", "xllamacpp", "uvloop", "asyncio", "numpy"}


def loaded_by(here: Path, *arguments: str) -> set[str]:
    """The modules that one command loads in a process of its own."""
    program = f"import sys, ajar.cli.main as m; m.main({arguments!r}); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, text=True, check=True)
    return set(ran.stderr.split())


def raising(error: BaseException) -> dict[str, Any]:
    @click.command()
    def verb() -> None:
        raise error

    return {"check": verb}


def test_help_has_a_line_for_each_verb_and_examples(ajar: Callable[..., Any]) -> None:
    ran = ajar("--help")
    assert ran.code == 0
    for verb, (_, line) in entry.VERBS.items():
        assert f"  {verb:{max(map(len, entry.VERBS))}}  {line}\n" in ran.out
    assert "ajar key create web-shop" in ran.out
    assert "64 wrong usage" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ajar("-h") == ran


def test_every_verb_is_there_and_explains_itself(ajar: Callable[..., Any]) -> None:
    for verb in entry.VERBS:
        ran = ajar(verb, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: ajar {verb} ")
        assert "  -h, --help" in ran.out


def test_the_version(ajar: Callable[..., Any]) -> None:
    assert ajar("--version").out == f"ajar {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chek",), 'ajar: there is no command "chek"; did you mean `check`?\najar: Try `ajar --help`.\n'),
        (("zzz",), f"the commands are {', '.join(f'`{verb}`' for verb in sorted(entry.VERBS))}\n"),
        (("--no-such",), "ajar: No such option"),
        (("check", "--confg", "x"), "--config"),
        (("check", "extra"), "ajar: Got unexpected extra argument"),
        (("key", "create"), "ajar: Missing argument 'NAME'.\najar: Try `ajar key create --help`.\n"),
        (("key", "crate"), "ajar: No such command 'crate'"),
        ((), "Usage: ajar [OPTIONS] COMMAND"),
        (("key",), "Usage: ajar key [OPTIONS] COMMAND"),
    ],
)
def test_wrong_usage_is_64_and_says_what_is_right(ajar: Callable[..., Any], arguments: tuple[str], said: str) -> None:
    ran = ajar(*arguments)
    assert (ran.code, ran.out) == (64, "")
    assert said in ran.err


def test_an_error_of_the_tree_is_a_line_and_no_traceback(
    ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry.Verbs, "get_command", lambda *_: raising(JournalError("it would not start"))["check"])
    ran = ajar("check")
    assert (ran.code, ran.out, ran.err) == (3, "", "ajar: it would not start\n")


def test_any_other_error_keeps_its_traceback_and_is_no_fail(
    ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry.Verbs, "get_command", lambda *_: raising(ZeroDivisionError("a bug"))["check"])
    ran = ajar("check")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Traceback")
    assert ran.err.endswith("ZeroDivisionError: a bug\n")


def test_an_interrupt_ends_quietly(ajar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry.Verbs, "get_command", lambda *_: raising(KeyboardInterrupt())["check"])
    ran = ajar("check")
    assert (ran.code, ran.err.strip()) == (130, "")


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("key", "list"), ("check", "--json"), ("routes",)])
def test_a_verb_loads_only_what_it_needs(here: Path, arguments: tuple[str, ...]) -> None:
    modules = loaded_by(here, *arguments)
    assert "ajar.cli.main" in modules
    assert not modules & HEAVY
    if arguments[0].startswith("-"):
        assert not modules & {"rich", "ajar.cli.key", "ajar.cli.check", "ajar.cli.serve"}


def test_python_m_ajar_is_ajar(here: Path) -> None:
    ran = subprocess.run([sys.executable, "-m", "ajar", "zzz"], cwd=here, capture_output=True, text=True, check=False)
    assert ran.returncode == 64
    assert ran.stderr.startswith("ajar: there is no command")


def test_a_terminal_without_arrows_is_no_error(here: Path) -> None:
    (here / "ajar.toml").write_text(
        '[deployments.d]\nprovider = "ollama"\nmodel = "m"\n[routes.r]\nprimary = "d"\n', encoding="utf-8"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "ajar", "check"],
        cwd=here,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"r ? d (m at ollama" in ran.stdout


def test_a_reader_that_leaves_early_is_no_error(here: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "ajar", "key", "list", "--json"],
        cwd=here,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert ran.returncode == 141
    assert b"Traceback" not in ran.stderr
