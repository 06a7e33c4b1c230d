from __future__ import annotations

from typing import TYPE_CHECKING

from evals.importers.bring import DATA, bring, refused

if TYPE_CHECKING:
    from pathlib import Path


def test_samples(tmp_path: Path) -> None:
    suite, lost, loaded = bring("inspect", DATA / "inspect.jsonl", tmp_path)
    cases = {case["id"]: case for case in suite["cases"]}
    assert list(cases) == ["1", "dutch", "case-3", "case-4"]
    assert cases["1"]["target"] == "Oslo"
    assert cases["1"]["checks"] == {"right": {"scorer": "contains", "ignore_case": True}}
    assert cases["1"]["tags"] == ["continent: Europe"]
    assert cases["dutch"]["target"] == ["Amsterdam", "The Hague"]
    assert [sentence.partition(": ")[0] for sentence in lost] == [
        *("inspect.jsonl", "inspect.jsonl", "inspect.jsonl:4", "inspect.jsonl:5", "inspect.jsonl:5"),
        *("inspect.jsonl:6", "inspect.jsonl:1"),
    ]
    assert "inspect.jsonl:5: `sandbox` is not carried" in lost
    assert loaded.count == 4


def test_messages_become_those_of_chat_completions(tmp_path: Path) -> None:
    _, _, loaded = bring("inspect", DATA / "inspect.jsonl", tmp_path)
    assert loaded.body(1)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Name a Dutch city."}]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"country":"NL"}'}}
            ],
        },
        {"role": "tool", "content": "Amsterdam", "tool_call_id": "c1"},
        {"role": "user", "content": "And?"},
    ]


def test_choices_stand_below_the_question(tmp_path: Path) -> None:
    _, _, loaded = bring("inspect", DATA / "inspect.jsonl", tmp_path)
    text = loaded.body(2)["messages"][0]["content"]
    assert text.startswith("Which planet is the largest?\n\nA) Mars\nB) Jupiter\n\n")
    assert "ANSWER: LETTER" in text
    assert loaded.case(2).target == {"answer": "B", "choices": ["Mars", "Jupiter"]}
    assert loaded.scorers(2)["right"].name == "choice"


def test_setup_is_code(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text('{"input": "a", "target": "b", "setup": "rm -rf /"}\n')
    assert refused("inspect", path) == [
        "s.jsonl:1: `setup` is code; remove it, or allow code to import the rest (`--allow-code`)"
    ]
    _, lost, loaded = bring("inspect", path, tmp_path, allow_code=True)
    assert "s.jsonl:1: `setup` is code, which is not carried" in lost
    assert loaded.count == 1


def test_images_that_the_message_itself_holds(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    image = '{"type": "image", "image": "data:image/png;base64,AA"}'
    path.write_text(f'{{"input": [{{"role": "user", "content": [{image}]}}], "target": "x"}}\n')
    _, _, loaded = bring("inspect", path, tmp_path)
    assert loaded.body(0)["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    ]
