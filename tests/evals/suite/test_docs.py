from __future__ import annotations

import re
from pathlib import Path

import jsonschema_rs
import pytest

from ajar.errors import ConfigError
from ajar.evals.importers import NAMES
from ajar.evals.suite.document import parse
from ajar.evals.suite.form import SuiteFile
from ajar.evals.suite.load import load
from ajar.evals.suite.schema import schema

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "evals" / "suites.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_the_examples_load_and_are_valid(tmp_path: Path, text: str) -> None:
    (tmp_path / "tickets.jsonl").write_text(blocks("jsonl")[0])
    (tmp_path / "s.yaml").write_text(text)
    assert load(tmp_path / "s.yaml").count == 2
    jsonschema_rs.validator_for(schema()).validate(parse(text, "s.yaml").value)


def test_every_key_and_every_importer_is_named() -> None:
    assert [key for key in SuiteFile.__struct_fields__ if f"| `{key}` |" not in PAGE] == []
    assert [name for name in NAMES if f"| `{name}` |" not in PAGE] == []


def test_the_errors_shown_are_those_that_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = blocks("text")[0].splitlines()
    text = blocks("yaml")[0].replace("system:", "sytem:").replace("input: Where is my order 17?", "input: 17")
    Path("refunds.yaml").write_text(f"\n{text}")
    with pytest.raises(ConfigError) as head:
        load(Path("refunds.yaml"))
    Path("refunds.yaml").write_text(text.replace("sytem:", "system:").replace("    target: refund\n", ""))
    with pytest.raises(ConfigError) as cases:
        load(Path("refunds.yaml"))
    told = [re.sub(r":\d+:", ":", problem) for problem in (*head.value.problems, *cases.value.problems)]
    assert [line for line in shown[:3] if re.sub(r":\d+:", ":", line) not in told] == []
