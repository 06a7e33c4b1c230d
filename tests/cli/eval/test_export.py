"""`ajar eval export` and `import`: files for others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evals.run.chat import Chat, Said, completion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.conftest import Ran

TO = ("--model", "d/m", "--organization", "o")


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat(lambda _asked: Said(body=completion("yes"))) as server:
        yield server


@pytest.fixture
def run(ajar: Callable[..., Ran], chat: Chat, here: Path) -> None:
    """A run of the suite s.yaml in the folder r."""
    (here / "s.yaml").write_text("suite: s\nchecks: {right: exact}\ncases:\n  - {input: question, target: yes}\n")
    done = ajar("eval", "s.yaml", "--on", "m", "--base-url", chat.url, "--output", "r")
    assert done.code == 0, done.err


@pytest.mark.usefixtures("run")
def test_an_export_is_its_owners_alone(ajar: Callable[..., Ran], here: Path) -> None:
    assert ajar("eval", "export", "inspect", "r", "log.json").code == 0
    assert ajar("eval", "export", "every-eval-ever", "r", "out", *TO).code == 0
    made = [here / "log.json", here / "out", *(here / "out").rglob("*")]
    assert len(made) > 5
    for path in made:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("to", ["/proc/x.json", "r", "absent/log.json", "/dev/full"])
def test_what_cannot_be_written_ends_with_3_and_one_line(ajar: Callable[..., Ran], to: str) -> None:
    done = ajar("eval", "export", "inspect", "r", to)
    assert done.code == 3
    assert to in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.usefixtures("run")
def test_a_folder_that_cannot_be_made(ajar: Callable[..., Ran]) -> None:
    done = ajar("eval", "export", "every-eval-ever", "r", "s.yaml", *TO)
    assert done.code == 3
    assert len(done.err.splitlines()) == 1


@pytest.mark.usefixtures("run")
def test_a_suite_that_was_moved_is_named(ajar: Callable[..., Ran], here: Path) -> None:
    (here / "s.yaml").rename(here / "moved.yaml")
    lost = ajar("eval", "export", "inspect", "r", "log.json")
    assert lost.code == 3
    assert "say where it is, with --suite" in lost.err
    assert ajar("eval", "export", "inspect", "r", "log.json", "--suite", "moved.yaml").code == 0
    assert json.loads((here / "log.json").read_bytes())["version"] == 2
    (here / "other.yaml").write_text((here / "moved.yaml").read_text().replace("question", "another"))
    other = ajar("eval", "export", "inspect", "r", "log.json", "--suite", "other.yaml")
    assert other.code == 3
    assert "other.yaml is not what this run asked" in other.err


def test_an_import_counts_in_words(ajar: Callable[..., Ran], here: Path) -> None:
    (here / "x.jsonl").write_text('{"input": "2 + 2?", "ideal": "4"}\n')
    done = ajar("eval", "import", "openai-evals", "x.jsonl", "y.yaml")
    assert len(done.err.splitlines()) == 1
    assert done.out == "y.yaml: 1 case; 1 thing not carried\n"


def test_a_module_beside_the_suite_is_found(ajar: Callable[..., Ran], chat: Chat, here: Path) -> None:
    folder = here / "suites"
    folder.mkdir()
    (folder / "checks_beside_it.py").write_text("def right(text, case, answer): return text == 'yes'\n")
    (folder / "p.yaml").write_text(
        'suite: p\nchecks: {right: {scorer: python, call: "checks_beside_it:right"}}\ncases: [{input: q}]\n'
    )
    asked = ("eval", "suites/p.yaml", "--on", "m", "--base-url", chat.url, "--json")
    done = ajar(*asked, "--allow-module", "checks_beside_it")
    assert done.code == 0, done.err
    assert done.json["metrics"][0]["candidate"]["mean"] == 1.0
    assert ajar(*asked).code == 3
