from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from ajar.errors import ConfigError, ConfigUnreadable
from ajar.evals.suite import document
from ajar.evals.suite.document import read


def problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(path)
    return caught.value.problems


def test_bom_and_crlf_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\nc: 3\r\n")
    found = read(path)
    assert found.value == {"a": 1, "b": "x\ny\n", "c": 3}
    assert found.line(("c",)) == 5


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: 1\nb: \xe9\n", "s.yaml:2: this line is not UTF-8 text; save the file as UTF-8"),
        (
            codecs.BOM_UTF16_LE + "a: 1".encode("utf-16-le"),
            "s.yaml:1: this is UTF-16 or UTF-32 text; save the file as UTF-8",
        ),
        ("a: 1".encode("utf-16-be"), "s.yaml:1: the character U+0000 may not stand in YAML"),
        (b"a: 1\na: 2\nb: {c: 1, c: 2}\n", "s.yaml:2: the key `a` stands here again"),
    ],
)
def test_what_is_no_text(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(data)
    assert problems(path)[0].startswith(f"{tmp_path}/{said}")


def test_files_that_cannot_be_had(tmp_path: Path) -> None:
    assert problems(tmp_path) == [f"{tmp_path}: this is a directory; name a file in it"]
    with pytest.raises(ConfigUnreadable, match="there is no such file; correct the path"):
        read(tmp_path / "gone.yaml")


def test_a_file_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "LARGEST", 1024 * 1024)
    assert problems(Path("/dev/zero")) == [
        "/dev/zero: this file is over 1 MB; put the cases into a JSONL file beside the suite"
    ]


@pytest.mark.parametrize("name", ["s.json", "s.yaml"])
def test_json_is_read_as_json(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{\n\t"a": "\\ud83d\\ude00",\n\t"%s": [\n1, "no"]}' % ("k" * 2000))
    found = read(path)
    assert found.value == {"a": "😀", "k" * 2000: [1, "no"]}
    assert found.line(("k" * 2000, 1)) == 4
    assert found.line(("k" * 2000, 7)) == 3, "what is not there stands where its list does"


def test_json_with_faults(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text('{"a": 1, "a": 2}')
    assert problems(path) == [f"{path}: the key `a` stands twice; remove one"]
    path.write_text('{"a": 1,\n}')
    assert problems(path)[0].startswith(f"{path}:2: this is not JSON")


def test_yaml_that_begins_like_json_is_yaml(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("{a: 1, b: [no]}")
    assert read(path).value == {"a": 1, "b": ["no"]}


def test_both_ways_of_reading_agree(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, True, "x: y", {"b": "é\n"}], "c": {}}
    path = tmp_path / "s.yaml"
    path.write_text(json.dumps(value))
    assert read(path).value == document.parse("--- " + json.dumps(value), "s.yaml").value == value
