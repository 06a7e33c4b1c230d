from __future__ import annotations

from typing import TYPE_CHECKING

from evals.importers.bring import DATA, bring, refused

if TYPE_CHECKING:
    from pathlib import Path


def test_samples(tmp_path: Path) -> None:
    suite, lost, loaded = bring("openai-evals", DATA / "openai-evals.jsonl", tmp_path)
    assert suite == {
        "suite": "openai-evals",
        "system": "Answer with one word.",
        "checks": {"right": "exact"},
        "cases": [
            {"id": "case-1", "input": "What is the capital of Norway?", "target": "Oslo"},
            {"id": "case-2", "input": "And of the Netherlands?", "target": ["Amsterdam", "The Hague"]},
            {"id": "case-3", "input": "How many?", "target": "7"},
        ],
    }
    assert lost[0].startswith("openai-evals.jsonl: samples do not say how they are scored")
    assert lost[1:] == [
        "openai-evals.jsonl:3: `difficulty` is not carried",
        "openai-evals.jsonl:4: case `case-4` is left out: no check of it could be carried",
    ]
    assert loaded.body(0) == {
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": "What is the capital of Norway?"},
        ]
    }


def test_messages_that_differ_in_more_than_the_question_stay_messages(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    shot = '{"role": "system", "name": "example_user", "content": "hi"}'
    path.write_text(
        f'{{"input": [{shot}, {{"role": "user", "content": "a"}}], "ideal": "b"}}\n{{"input": "plain", "ideal": 3}}\n'
    )
    suite, _, loaded = bring("openai-evals", path, tmp_path)
    assert "system" not in suite
    assert loaded.body(0)["messages"][0] == {"role": "system", "name": "example_user", "content": "hi"}
    assert suite["cases"][1] == {"id": "case-2", "input": "plain", "target": "3"}


def test_rows_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"input": "a", "ideal": "b"}\n[1]\n{"input"\n{"ideal": 1, "ideal": 2}\n')
    assert refused("openai-evals", path) == [
        "s.jsonl:2: this is no JSON object; each line is one",
        "s.jsonl:3: this is not JSON: expecting ':' delimiter (column 9)",
        "s.jsonl:4: the key `ideal` stands twice; remove one",
    ]
    path.write_text('{"ideal": "b"}\n{"input": [{"role": "usr", "content": "x"}], "ideal": "b"}\n')
    assert refused("openai-evals", path) == [
        "s.jsonl: nothing in this file could be carried",
        "s.jsonl: samples do not say how they are scored, their eval's class does; `exact` is used here. For "
        "`Includes` make it `contains`, for a model-graded eval `rubric`",
        "s.jsonl:1: case `case-1` is left out: `input`: must be text or a list of messages, not nothing; give it a "
        "value, or leave the key out",
        "s.jsonl:2: case `case-1` is left out: `input[0].role`: is none that a message has; did you mean `user`?",
    ]
