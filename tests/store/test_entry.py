from __future__ import annotations

import hashlib
import json

import msgspec
import pytest

from ajar.store.entry import START, Entry


def test_the_hash_is_that_of_sorted_json_without_blanks() -> None:
    entry = Entry.after(None, 1_795_000_000_000_000, "promoted", 'route:"ü"\n', b"document")
    fields = json.loads(entry.line)
    due = fields.pop("hash")
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == due == entry.hash
    assert fields["digest"] == hashlib.sha256(b"document").hexdigest()
    assert (fields["number"], fields["previous"]) == (1, START)


def test_an_entry_names_the_one_before_it() -> None:
    first = Entry.after(None, 1, "a", "word:x", b"")
    second = Entry.after(first, 2, "a", "word:x", b"")
    assert (second.number, second.previous) == (2, first.hash)
    assert first.follows(None)
    assert second.follows(first)
    assert not second.follows(None)
    assert not first.follows(second)
    assert not msgspec.structs.replace(second, kind="b").follows(first)


def test_only_an_entrys_own_line_is_read_as_one() -> None:
    entry = Entry.after(None, 1, "a", "\x1f", b"")
    line = entry.line
    assert Entry.read(line) == entry
    for other in (b"", line[:-1], b" " + line, line.replace(b"\\u001f", b"\\u001F"), b"[]\n", b"{}\n", b"\xff\n"):
        assert Entry.read(other) is None
    extra = line.replace(b"}", b',"more":1}')
    assert Entry.read(extra) is None


@pytest.mark.parametrize(
    ("subject", "is_file"),
    [("rollouts/a/record.json", True), ("route:a", False), ("route:a/b", False), ("abc", False)],
)
def test_a_subject_with_a_slash_and_no_colon_is_a_file(subject: str, is_file: bool) -> None:
    assert (Entry.after(None, 1, "a", subject, b"").file is not None) is is_file
