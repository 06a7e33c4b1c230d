from __future__ import annotations

from pathlib import Path

import pytest

from ajar.errors import ConfigError
from ajar.evals.suite import jsonl
from ajar.evals.suite.jsonl import JsonLines


def opened(path: Path, data: bytes) -> JsonLines:
    path.write_bytes(data)
    lines = JsonLines(path)
    for row in lines.rows():
        lines.keep(*row)
    return lines


def test_rows_are_found_again_by_their_places(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"a": 1}\r\n\r\n  \n  {"b": "\xc3\xa9"} \n{"c": 3}'
    lines = opened(tmp_path / "c.jsonl", data)
    assert [lines.row(index) for index in (2, 0, 1)] == [b'{"c": 3}', b'{"a": 1}', b'  {"b": "\xc3\xa9"} ']
    assert [lines.line(index) for index in range(3)] == [1, 4, 5]


def test_only_the_kept_rows_are_there(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_bytes(b"1\n2\n3\n")
    lines = JsonLines(path)
    for line, offset, data in lines.rows():
        if line != 2:
            lines.keep(line, offset, data)
    assert lines.row(1) == b"3"


@pytest.mark.parametrize("change", [b"1111\nXXXX\n3333\n", b"11\n2222\n3333\n44\n", b"", b"1111\n22"])
def test_a_row_that_was_written_over_is_an_error(tmp_path: Path, change: bytes) -> None:
    path = tmp_path / "c.jsonl"
    lines = opened(path, b"1111\n2222\n3333\n")
    path.write_bytes(change)
    with pytest.raises(ConfigError) as caught:
        lines.row(1)
    assert caught.value.problems == [
        f"{path}:2: the file was changed while it was in use; start again with the file as it is"
    ]


def test_rows_that_are_as_they_were_can_be_read_on(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    lines = opened(path, b"1111\n2222\n")
    with path.open("ab") as file:
        file.write(b"3333\n")
    assert lines.row(1) == b"2222"
    path.replace(tmp_path / "moved")
    path.write_bytes(b"another file\n")
    assert lines.row(0) == b"1111"


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LARGEST", 1024 * 1024)
    with pytest.raises(ConfigError, match=":2: this line is over 1 MB; a case stands on one line"):
        opened(tmp_path / "c.jsonl", b"{}\n" + b"x" * 2_000_000)


def test_the_file_is_closed_with_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"

    def held() -> int:
        return sum(link.exists() and link.resolve() == path for link in Path("/proc/self/fd").iterdir())

    lines = [opened(path, b"{}\n") for _ in range(20)]
    assert held() == 20
    lines.clear()
    assert held() == 0
